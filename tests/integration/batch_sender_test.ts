import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { OutgoingMessage } from "../../src/publishing/outgoing_message.ts";
import { integrationTest } from "../needs.ts";
import { silent } from "../unit/processing/fakes.ts";
import { FakeTime } from "../unit/finnhub/fake_time.ts";
import { seededRandom } from "../unit/pick.ts";
import { brokerError, ModelKafka, type ModelMessage } from "./model_kafka.ts";

const KEYS = Array.from({ length: 30 }, (_, i) => `symbol-${i}`);
const MESSAGES = KEYS.map((key) => ({ key, value: new Uint8Array([1]) }));
const FOREVER = new AbortController().signal;

const keysOf = (messages: readonly ModelMessage[]) => messages.map(({ key }) => key);
const partitionOf = (messages: readonly ModelMessage[]) => messages[0]!.partition;

/** Loads kafkajs, which cannot be loaded without permissions. */
async function senderTo(model: ModelKafka, options: { maxSequence?: number; failures?: string[] } = {}) {
  const { BatchSender } = await import("../../src/kafka/sending/batch_sender.ts");
  const { failures, ...rest } = options;
  const { kafka } = model;
  const onFailure = (error: string) => void failures?.push(error);
  return new BatchSender({ kafka, log: silent, random: () => 0, onFailure, ...rest });
}

/** Lets time pass until work is done. */
async function done<T>(time: FakeTime, work: Promise<T>): Promise<T> {
  let settled = false;
  work.finally(() => settled = true).catch(() => {});
  for (let waited = 0; !settled && waited < 600_000; waited += 1000) await time.advance(1000);
  assert(settled, "stuck for ten minutes");
  return await work;
}

integrationTest("a request has the messages of one partition, each once and in order", async () => {
  const model = new ModelKafka();
  const sender = await senderTo(model);
  assertEquals(await sender.send("market", MESSAGES, FOREVER), []);
  await sender.send("market", MESSAGES, FOREVER);
  assertEquals(model.requests.length, 6);
  for (const request of model.requests) {
    assertEquals(new Set(request.map(({ partition }) => partition)).size, 1);
    assertEquals(keysOf(request), KEYS.filter((key) => keysOf(request).includes(key)));
  }
  assertEquals(keysOf(model.all()).toSorted(), [...KEYS, ...KEYS].toSorted());
  assertEquals(model.lookups, 1);
  await sender.close();
});

integrationTest("what is sent in one turn goes together, by whomever", async () => {
  const model = new ModelKafka();
  const sender = await senderTo(model);
  await Promise.all(MESSAGES.map((message) => sender.send("market", [message], FOREVER)));
  assertEquals([model.requests.length, model.lookups], [3, 1]);
  await sender.close();
});

integrationTest("a partition has one request under way, and waits for no other partition", async () => {
  const model = new ModelKafka();
  const open = new Map<number, PromiseWithResolvers<void>>();
  model.before = (messages) => {
    const partition = partitionOf(messages);
    assert(!open.has(partition), `two requests at once to partition ${partition}`);
    open.set(partition, Promise.withResolvers());
    return open.get(partition)!.promise;
  };
  const answer = (partition: number) => {
    open.get(partition)!.resolve();
    open.delete(partition);
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  const sender = await senderTo(model);
  const first = sender.send("market", MESSAGES, FOREVER);
  await settle();
  const second = sender.send("market", MESSAGES, FOREVER);
  await settle();
  assertEquals(model.requests.length, 3);
  for (let round = 0; round < 2; round++) {
    answer(1);
    await settle();
  }
  const others = MESSAGES.filter(({ key }) => model.log(1).some((message) => message.key === key));
  const third = sender.send("market", others, FOREVER);
  await settle();
  answer(1);
  await third;
  assertEquals(model.log(1).length, 3 * others.length, "held by partitions that do not answer");
  [...open.keys()].forEach(answer);
  await settle();
  [...open.keys()].forEach(answer);
  await Promise.all([first, second]);
  await sender.close();
});

integrationTest("what fails is repeated as it is, and said: why, and since when", async () => {
  using time = new FakeTime();
  const model = new ModelKafka();
  const failures: string[] = [];
  const sender = await senderTo(model, { failures });
  let answers = 4;
  model.before = (messages) => {
    if (partitionOf(messages) === 0 && answers-- > 0) throw brokerError("NOT_ENOUGH_REPLICAS");
  };
  const sending = sender.send("market", MESSAGES, FOREVER);
  await time.settle();
  assertStringIncludes(sender.trouble!, "market/0, since 20");
  assertStringIncludes(sender.trouble!, "NOT_ENOUGH_REPLICAS");
  await done(time, sending);
  const tries = model.requests.filter((request) => partitionOf(request) === 0);
  assertEquals(tries.map(keysOf), Array(5).fill(keysOf(tries[0]!)));
  assertEquals([sender.trouble, failures], [undefined, Array(4).fill("NOT_ENOUGH_REPLICAS")]);
  await sender.close();
});

integrationTest("a request whose answer was lost is known again and not doubled", async () => {
  using time = new FakeTime();
  const model = new ModelKafka();
  let lost = 0;
  model.after = () => {
    if (lost++ < 3) throw new Error("request timed out");
  };
  const sender = await senderTo(model);
  await done(time, sender.send("market", MESSAGES, FOREVER));
  await done(time, sender.send("market", MESSAGES, FOREVER));
  assertEquals([model.all().length, model.ids], [60, 1]);
  await sender.close();
});

integrationTest("a broker that lost its tail gets what comes next under a new producer id", async () => {
  for (const type of ["OUT_OF_ORDER_SEQUENCE_NUMBER", "UNKNOWN_PRODUCER_ID", "INVALID_PRODUCER_EPOCH"]) {
    using time = new FakeTime();
    const model = new ModelKafka(1);
    const sender = await senderTo(model);
    for (let i = 0; i < 3; i++) await done(time, sender.send("market", MESSAGES.slice(i, i + 1), FOREVER));
    if (type === "OUT_OF_ORDER_SEQUENCE_NUMBER") assertEquals(keysOf(model.loseTail(0)), ["symbol-2"]);
    else {
      const { ids } = model;
      model.before = () => {
        if (model.ids === ids) throw brokerError(type);
      };
    }
    const kept = keysOf(model.all());
    await done(time, sender.send("market", MESSAGES.slice(3, 6), FOREVER));
    await done(time, sender.send("market", MESSAGES.slice(6, 9), FOREVER));
    assertEquals(keysOf(model.all()), [...kept, ...KEYS.slice(3, 9)], type);
    assertEquals([model.ids, sender.trouble], [2, undefined]);
    await sender.close();
  }
});

integrationTest("an answer that a batch is in already does not lose the next one", async () => {
  using time = new FakeTime();
  const model = new ModelKafka(1);
  let answers = 1;
  model.after = () => {
    if (answers-- > 0) throw brokerError("DUPLICATE_SEQUENCE_NUMBER");
  };
  const sender = await senderTo(model);
  for (const message of MESSAGES) await done(time, sender.send("market", [message], FOREVER));
  assertEquals(keysOf(model.all()), KEYS);
  await sender.close();
});

integrationTest("another producer id is taken before sequence numbers end", async () => {
  using time = new FakeTime();
  const model = new ModelKafka(2);
  const sender = await senderTo(model, { maxSequence: 4 });
  for (const message of MESSAGES) await done(time, sender.send("market", [message], FOREVER));
  assertEquals(keysOf(model.all()).toSorted(), KEYS.toSorted());
  assert(model.ids >= 3, `${model.ids} ids`);
  await sender.close();
});

integrationTest("an abort drops what waits and not what is under way, whose numbers are in use", async () => {
  using time = new FakeTime();
  const model = new ModelKafka(1);
  const gate = Promise.withResolvers<void>();
  model.after = () => gate.promise.then(() => Promise.reject(new Error("connection lost")));
  const sender = await senderTo(model);
  const stop = new AbortController();
  const begun = sender.send("market", MESSAGES.slice(0, 2), stop.signal);
  await time.settle();
  const waiting = sender.send("market", MESSAGES.slice(2, 4), stop.signal);
  await time.settle();
  stop.abort(new Error("enough"));
  await assertRejects(() => begun, Error, "enough");
  await assertRejects(() => waiting, Error, "enough");
  await assertRejects(() => sender.send("market", MESSAGES, stop.signal), Error, "enough");
  const later = sender.send("market", MESSAGES.slice(4, 6), FOREVER);
  model.after = () => {};
  gate.resolve();
  await done(time, later);
  assertEquals(keysOf(model.all()), ["symbol-0", "symbol-1", "symbol-4", "symbol-5"]);
  await sender.close();
});

integrationTest(
  "messages of a partition that is gone are assigned anew, and hold no other partition",
  async () => {
    using time = new FakeTime();
    const model = new ModelKafka(6);
    const sender = await senderTo(model);
    await done(time, sender.send("market", MESSAGES, FOREVER));
    model.makeTopic(2);
    const rounds = Array.from(
      { length: 4 },
      (_, round): OutgoingMessage[] => KEYS.map((key) => ({ key, value: new Uint8Array([round]) })),
    );
    // As a publisher does: a key's next message goes when its last one is settled.
    const keyed = KEYS.map(async (_, i) => {
      for (const messages of rounds) {
        await sender.send("market", [messages[i]!], FOREVER);
      }
    });
    await done(time, Promise.all(keyed));
    for (const key of KEYS) {
      const rounds = model.all().filter((message) => message.key === key).map(({ value }) => value![0]);
      assertEquals(rounds, [0, 1, 2, 3], key);
    }
    await sender.close();
  },
);

integrationTest("whatever brokers do, every message is in once and in its key's order", async () => {
  for (let seed = 1; seed <= 300; seed++) {
    using time = new FakeTime();
    const random = seededRandom(seed);
    const often = random() * 0.4;
    const model = new ModelKafka(1 + Math.floor(random() * 4));
    if (random() < 0.3) model.limit = 1 + Math.floor(random() * 5);
    const lost = new Set<string>();
    const nameOf = ({ key, value }: ModelMessage) => `${key} ${value![0]}`;
    const forget = (messages: readonly ModelMessage[]) => messages.forEach((each) => lost.add(nameOf(each)));
    model.before = () => {
      if (random() < often / 3) throw brokerError("NOT_LEADER_OR_FOLLOWER");
      if (random() < often / 3) throw new Error("connection refused");
    };
    model.after = () => {
      if (random() < often) throw new Error("request timed out");
    };
    const sender = await senderTo(model, { maxSequence: random() < 0.5 ? 7 : 1_000_000 });
    const keys = KEYS.slice(0, 8);
    const refused = new Set<string>();
    const work = keys.map(async (key) => {
      for (let round = 0; round < 6; round++) {
        const message = { key, value: new Uint8Array([round]) };
        const [bad] = await sender.send("market", [message], FOREVER);
        if (bad) refused.add(`${key} ${round}`);
        if (random() < often / 6) forget(model.loseTail(Math.floor(random() * model.partitions)));
        if (random() < often / 20) {
          forget(model.all());
          model.makeTopic(1 + Math.floor(random() * 4));
        }
      }
    });
    await done(time, Promise.all(work));
    await sender.close();
    for (const key of keys) {
      const rounds = model.all().filter((message) => message.key === key).map(({ value }) => value![0]!);
      assertEquals(rounds, [...new Set(rounds)].toSorted(), `seed ${seed}: ${key}`);
      for (let round = 0; round < 6; round++) {
        const name = `${key} ${round}`;
        assert(rounds.includes(round) || lost.has(name), `seed ${seed}: ${name} is missing`);
      }
    }
    assertEquals(refused.size, 0, `seed ${seed}`);
  }
});
