import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Kafka } from "kafkajs";
import { integrationTest } from "../needs.ts";
import { silent } from "../unit/processing/fakes.ts";

interface Request {
  keys: string[];
  partitions: number[];
}

/** kafkajs with a topic of three partitions; `answer` decides what becomes of each request. */
class FakeKafka {
  readonly requests: Request[] = [];
  lookups = 0;

  constructor(readonly answer: (request: Request) => Promise<unknown[]>) {}

  producer() {
    return {
      events: { DISCONNECT: "disconnect" },
      on: () => {},
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      send: ({ messages }: { messages: { key: string; partition: number }[] }) => {
        const request = {
          keys: messages.map(({ key }) => key),
          partitions: [...new Set(messages.map(({ partition }) => partition))],
        };
        this.requests.push(request);
        return this.answer(request);
      },
    };
  }

  admin() {
    return {
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      fetchTopicMetadata: () => {
        this.lookups++;
        const partitions = [0, 1, 2].map((partitionId) => ({ partitionId, leader: 1 }));
        return Promise.resolve({ topics: [{ partitions }] });
      },
    };
  }
}

const KEYS = Array.from({ length: 30 }, (_, i) => `symbol-${i}`);
const MESSAGES = KEYS.map((key) => ({ key, value: new Uint8Array([1]) }));
const FOREVER = new AbortController().signal;
const acknowledged = [{ errorCode: 0 }];

/** Loads kafkajs, which cannot be loaded without permissions. */
async function senderTo(kafka: FakeKafka) {
  const { BatchSender } = await import("../../src/kafka/batch_sender.ts");
  return new BatchSender({ kafka: kafka as unknown as Kafka, log: silent, random: () => 0 });
}

integrationTest("a request has the messages of one partition, each once and in order", async () => {
  const kafka = new FakeKafka(() => Promise.resolve(acknowledged));
  const sender = await senderTo(kafka);
  await sender.send("market", MESSAGES, FOREVER);
  await sender.send("market", MESSAGES, FOREVER);
  assertEquals(kafka.requests.map(({ partitions }) => partitions.length), [1, 1, 1, 1, 1, 1]);
  const sent = kafka.requests.slice(0, 3).map(({ keys }) => keys);
  assertEquals(sent.flat().toSorted(), KEYS.toSorted());
  for (const keys of sent) assertEquals(keys, KEYS.filter((key) => keys.includes(key)));
  assertEquals(kafka.lookups, 1);
  await sender.close();
});

integrationTest(
  "a partition gets its requests one after the other, whatever the others wait for",
  async () => {
    const open = new Map<number, PromiseWithResolvers<unknown[]>>();
    const kafka = new FakeKafka(({ partitions: [partition = -1] }) => {
      assert(!open.has(partition), `two requests at once to partition ${partition}`);
      open.set(partition, Promise.withResolvers());
      return open.get(partition)!.promise;
    });
    const answer = (partition: number) => {
      open.get(partition)!.resolve(acknowledged);
      open.delete(partition);
    };
    const settle = () => new Promise((resolve) => setTimeout(resolve));
    const sender = await senderTo(kafka);
    const both = [sender.send("market", MESSAGES, FOREVER), sender.send("market", MESSAGES, FOREVER)];
    await settle();
    assertEquals(kafka.requests.length, 3);
    answer(1);
    await settle();
    assertEquals(kafka.requests.map(({ partitions }) => partitions[0]).toSorted(), [0, 1, 1, 2]);
    for (let round = 0; round < 2; round++) {
      [...open.keys()].forEach(answer);
      await settle();
    }
    await Promise.all(both);
    assertEquals(kafka.requests.length, 6);
    await sender.close();
  },
);

integrationTest(
  "what was refused, or had no leader, is sent again as it was; an abort ends that",
  async () => {
    const answers = new Map<number, (() => Promise<unknown[]>)[]>([
      [0, [() => Promise.reject(new Error("refused")), () => Promise.resolve([])]],
    ]);
    const kafka = new FakeKafka(({ partitions: [partition = -1] }) => {
      const next = answers.get(partition)?.shift();
      return next === undefined ? Promise.resolve(acknowledged) : next();
    });
    const sender = await senderTo(kafka);
    await sender.send("market", MESSAGES, FOREVER);
    const tries = kafka.requests.filter(({ partitions }) => partitions[0] === 0);
    assertEquals(kafka.requests.length, 5);
    assertEquals(tries.map(({ keys }) => keys), [tries[0]!.keys, tries[0]!.keys, tries[0]!.keys]);

    answers.set(1, [() => Promise.withResolvers<unknown[]>().promise]);
    const stop = new AbortController();
    const sending = sender.send("market", MESSAGES, stop.signal);
    stop.abort(new Error("enough"));
    await assertRejects(() => sending, Error, "enough");
    await sender.close();
  },
);
