/** Our clients of Kafka, and a broker that answers otherwise than it should, each in turn: then it behaves, and all goes on. */
import { assert, assertEquals } from "@std/assert";
import { KAFKA_ANSWERS } from "../../src/kafka/answers.ts";
import { sendAnswer } from "../../src/kafka/sending/send_answers.ts";
import type { KafkaSettings } from "../../src/settings/kafka.ts";
import { createLogger, errorText } from "../../src/telemetry/log.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/until.ts";
import { KafkaBroker, TOPIC } from "./kafka_broker.ts";
import { all, BOUND_MS, type Case, codeOf, inTime, scriptOf, wireCases } from "./cases.ts";
import { batchOf } from "../unit/kafka/batches.ts";

/** How long a client waits for an answer in these tests: an answer that is late comes later. */
const REQUEST_TIMEOUT = 600;
/** Every fault of a request: each on the wire, and every error code there is. */
const casesOf = (...apis: string[]): Case[] => [
  ...wireCases(...apis).map((each) => isSlow(each) ? { ...each, times: 1 } : each),
  ...apis.flatMap((api) =>
    [...KAFKA_ANSWERS].filter(([code]) => code !== 0)
      .map(([code, { name }]) => ({ name: `${api}: ${name}`, api, fault: { code } }))
  ),
];

/** A group's answer may take as long as a rebalance: it is waited for 35 s. */
const isSlow = ({ api, fault }: Case) => api === "JoinGroup" && fault === "wrong id";

/** A client of a broker, and the lines that are logged. Loaded when it is used: kafkajs needs permissions. */
async function clientOf(broker: KafkaBroker, retries?: number) {
  const { kafkaClient } = await import("../../src/kafka/client.ts");
  const lines: string[] = [];
  const settings: KafkaSettings = {
    kafkaServer: [`127.0.0.1:${broker.port}`],
    kafkaPort: broker.port,
    kafkaTls: false,
    kafkaCaFile: undefined,
    kafkaCertFile: undefined,
    kafkaKeyFile: undefined,
    kafkaSasl: undefined,
    kafkaUser: "",
    kafkaPassword: "",
  };
  const log = createLogger({
    level: "info",
    format: "text",
    write: (line) => lines.push(line),
    now: Date.now,
  });
  return { kafka: kafkaClient(settings, "test", log, retries, REQUEST_TIMEOUT), log, lines };
}

const text = (broker: KafkaBroker) => broker.log.map(({ bytes }) => new TextDecoder().decode(bytes)).join("");
const message = (value: string) => ({ key: "A", value: new TextEncoder().encode(value) });
const count = (broker: KafkaBroker, value: string) => text(broker).split(value).length - 1;

integrationTest(
  "a sender goes on after every answer of a broker, and what it sends is in once or refused aloud",
  () =>
    all(casesOf("ApiVersions", "Metadata", "InitProducerId", "Produce"), async (each) => {
      const { BatchSender } = await import("../../src/kafka/sending/batch_sender.ts");
      await using broker = new KafkaBroker(scriptOf(each));
      const { kafka, lines, log } = await clientOf(broker);
      const sender = new BatchSender({ kafka, log, random: () => 0 });
      try {
        const signal = AbortSignal.timeout(BOUND_MS + 5000);
        const sending = sender.send(TOPIC, [message("first-one")], signal);
        const refused = await inTime(sending, () => `${sender.trouble} ${lines.join(" ")}`);
        const answer = sendAnswer({ code: codeOf(each) });
        const inVain = each.api === "Produce" && answer === "split";
        const stored = count(broker, "first-one");
        assertEquals([refused.length, stored], inVain ? [1, 0] : answered(each, answer));
        if (inVain) assert(lines.some((line) => line.includes("refuses a message")), "a refusal is told");
        broker.script = () => undefined;
        assertEquals(
          (await inTime(sender.send(TOPIC, [message("second-one")], signal), () => lines.join(" "))).length,
          0,
        );
        assertEquals([count(broker, "second-one"), sender.trouble], [1, undefined]);
      } finally {
        await sender.close();
      }
    }),
  true,
);

/** A broker that says "I have it already" of what it has not is believed. */
function answered({ api }: Case, answer: string): [refused: number, stored: number] {
  return [0, api === "Produce" && answer === "taken" ? 0 : 1];
}

integrationTest(
  "a reader goes on after every answer of a broker, or ends with the remedy",
  () =>
    all(
      casesOf(
        "Metadata",
        "FindCoordinator",
        "JoinGroup",
        "SyncGroup",
        "Heartbeat",
        "OffsetFetch",
        "OffsetCommit",
        "ListOffsets",
        "Fetch",
      ),
      async (each) => {
        await using broker = new KafkaBroker(scriptOf(each));
        const ended = await readAll(broker, each.name, isSlow(each) ? 3 * BOUND_MS : BOUND_MS);
        if (ended === undefined) return;
        const code = codeOf(each);
        assertEquals(
          code === undefined ? undefined : KAFKA_ANSWERS.get(code)?.answer,
          "end",
          errorText(ended),
        );
        assert(/^Kafka cannot be read; /.test(errorText(ended)), errorText(ended));
      },
    ),
  true,
);

/** Reads three messages and commits them; resolves to the error when the reader ends by itself. */
async function readAll(broker: KafkaBroker, name: string, deadline: number): Promise<unknown> {
  const { KafkaLogReader } = await import("../../src/kafka/log_reader.ts");
  const values = ["one", "two", "three"].map((value) => new TextEncoder().encode(value));
  broker.append(batchOf({ base: 0, values }));
  const { kafka, lines, log } = await clientOf(broker);
  const reader = new KafkaLogReader({
    kafka,
    topic: TOPIC,
    groupId: "group",
    sessionTimeout: 6000,
    fetchWait: 50,
    fetchBytes: 65_536,
    log,
    random: () => 0,
  });
  const stop = new AbortController();
  const seen = new Set<string>();
  let ended: unknown;
  const running = reader.run({
    assigned: () => {},
    revoking: () => Promise.resolve(),
    stopping: () => Promise.resolve(),
    process: async (partition, messages, end) => {
      for (const { value } of messages) seen.add(new TextDecoder().decode(value ?? new Uint8Array(0)));
      const next = Math.max(0, ...messages.map(({ offset }) => offset + 1));
      await reader.commit(new Map([[partition, next || end]]));
    },
  }, stop.signal).catch((error) => ended = error);
  try {
    await until(`${name}: all to be read and committed`, () => {
      if (ended !== undefined) return Promise.resolve(true);
      const done = seen.size === values.length && broker.committed === values.length;
      return Promise.resolve(
        done || `${[...seen]} committed ${broker.committed} ${lines.slice(-3).join(" ")}`,
      );
    }, { deadline });
  } finally {
    stop.abort();
    await inTime(running, () => "the stop");
  }
  return ended;
}

integrationTest(
  "a partition that cannot be read holds up no other",
  async () => {
    const errors = [...KAFKA_ANSWERS].filter(([code, { answer }]) => code !== 0 && answer !== "end");
    await all(
      errors.map(([code, { name }]) => ({ name, api: "", fault: { code } })),
      async ({ fault, name }) => {
        await using broker = new KafkaBroker();
        broker.sick = codeOf({ name, api: "", fault })!;
        assertEquals(await readAll(broker, name, BOUND_MS), undefined);
      },
    );
  },
  true,
);

integrationTest(
  "a topic is made, or the error says which of the protocol's it is",
  () =>
    all(casesOf("CreateTopics", "Metadata", "ListOffsets"), async (each) => {
      const { kafkaErrorCode } = await import("../../src/kafka/answers.ts");
      const { createTopic, endOffsets } = await import("../../src/kafka/topics/topics.ts");
      await using broker = new KafkaBroker(scriptOf(each));
      const { kafka, lines } = await clientOf(broker, 1);
      const admin = kafka.admin();
      const work = async () => {
        await admin.connect();
        await createTopic(admin, { topic: TOPIC, partitions: 1, replication: 1, retention: 1000 });
        return await endOffsets(admin, TOPIC);
      };
      try {
        assertEquals(await inTime(work(), () => lines.join(" ")), [0]);
      } catch (error) {
        const code = codeOf(each);
        if (code !== undefined) assertEquals(kafkaErrorCode(error), code, errorText(error));
        else assert(!/hangs|Values are not/.test(errorText(error)), errorText(error));
      } finally {
        await inTime(admin.disconnect(), () => "the goodbye");
      }
    }),
  true,
);

integrationTest("of a server that tells nothing of its release nothing is claimed", async () => {
  const { brokerRelease } = await import("../../src/kafka/doctor/release.ts");
  await using broker = new KafkaBroker();
  const { kafka } = await clientOf(broker);
  assertEquals(await brokerRelease(kafka), { line: undefined, mode: undefined });
});
