import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { PLAIN } from "../../src/publishing/value_format.ts";
import type { OutgoingMessage } from "../../src/publishing/outgoing_message.ts";
import { TRACE_HEADER } from "../../src/telemetry/tracing.ts";
import { integrationTest } from "../needs.ts";
import { silent } from "../unit/processing/fakes.ts";
import { brokerError, ModelKafka, type ModelMessage } from "./model_kafka.ts";

const FOREVER = new AbortController().signal;

async function senderTo({ kafka }: ModelKafka) {
  const { BatchSender } = await import("../../src/kafka/sending/batch_sender.ts");
  return new BatchSender({ kafka, log: silent, random: () => 0 });
}

/** Bytes of a batch, as kafkajs writes it. */
async function encodedSize(messages: readonly OutgoingMessage[]): Promise<number> {
  const { RecordBatch } = await import("kafkajs/src/protocol/recordBatch/v0/index.js" as string);
  const { default: Record } = await import("kafkajs/src/protocol/recordBatch/record/v0/index.js" as string);
  const records = messages.map(({ value, ...message }, offsetDelta) =>
    Record({ ...message, value: value && Buffer.from(value), offsetDelta, timestampDelta: 0 })
  );
  return (await RecordBatch({ records })).size();
}

integrationTest("the size of a batch is known before it is written, to 15 bytes a message", async () => {
  const { BATCH_OVERHEAD, recordSize } = await import("../../src/kafka/sending/record_size.ts");
  const headers = {
    ...PLAIN.headers,
    [TRACE_HEADER]: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  };
  const messages: OutgoingMessage[] = [];
  for (const length of [0, 1, 63, 64, 127, 128, 8191, 8192, 100_000]) {
    messages.push({ key: null, value: new Uint8Array(length) });
    messages.push({ key: "é".repeat(64), value: new Uint8Array(length), headers });
    messages.push({ key: "K", value: null, headers: { error: "漢".repeat(length) } });
  }
  for (const some of [...messages.map((message) => [message]), messages]) {
    const known = some.reduce((sum, message) => sum + recordSize(message), BATCH_OVERHEAD);
    const real = await encodedSize(some);
    assert(known >= real && known <= real + 15 * some.length, `${known} for ${real}`);
  }
});

integrationTest(
  "5,000 messages of one trade and a long symbol go in requests that any broker takes",
  async () => {
    const symbol = "S".repeat(64);
    const trade = { symbol, price: 1, volume: 1, time: 1_767_225_600_000, conditions: [] };
    const value = PLAIN.encode([trade]);
    const messages = Array.from({ length: 5000 }, () => ({ key: symbol, value, headers: PLAIN.headers }));
    assert(await encodedSize(messages) > 1_048_588, "they are no test");
    const model = new ModelKafka(1);
    const sender = await senderTo(model);
    await sender.send("market", messages, FOREVER);
    assertEquals(model.all().length, 5000);
    for (const request of model.requests) {
      assert(
        await encodedSize(request as OutgoingMessage[]) <= 1_000_000,
      );
    }
    await sender.close();
  },
);

integrationTest(
  "a request that is refused as too large is halved, and the next ones are smaller",
  async () => {
    for (const type of ["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"]) {
      const model = new ModelKafka(1);
      const most = 40_000;
      const bytes = (messages: readonly ModelMessage[]) =>
        messages.reduce((sum, { value }) => sum + value!.length, 0);
      let refusals = 0;
      model.before = (messages) => {
        if (bytes(messages) <= most) return;
        refusals++;
        throw brokerError(type);
      };
      const sender = await senderTo(model);
      const messages = Array.from({ length: 300 }, (_, i) => ({ key: `${i}`, value: new Uint8Array(1000) }));
      assertEquals(await sender.send("market", messages, FOREVER), []);
      assertEquals(model.all().map(({ key }) => key), messages.map(({ key }) => key));
      const before = refusals;
      await sender.send("market", messages, FOREVER);
      assertEquals(refusals, before, "nothing was learnt");
      await sender.close();
    }
  },
);

integrationTest("messages that are refused even alone are told, and all others are in", async () => {
  for (const type of ["MESSAGE_TOO_LARGE", "INVALID_RECORD", "INVALID_TIMESTAMP"]) {
    const model = new ModelKafka(2);
    model.before = (messages) => {
      if (messages.some(({ value }) => value!.length > 10)) throw brokerError(type);
    };
    const sender = await senderTo(model);
    const messages = Array.from({ length: 50 }, (_, i) => ({
      key: `${i}`,
      value: new Uint8Array(i % 20 === 7 ? 11 : 1),
    }));
    const refused = await sender.send("market", messages, FOREVER);
    assertEquals(refused.map(({ key }) => key).toSorted(), ["27", "47", "7"], type);
    const good = messages.filter((message) => !refused.includes(message));
    assertEquals(model.all().length, good.length);
    assertEquals(new Set(model.all().map(({ key }) => key)), new Set(good.map(({ key }) => key)));
    await sender.close();
  }
});

integrationTest(
  "every error of the protocol has an answer for a sender; few are more than a repeat",
  async () => {
    const { KAFKA_ANSWERS } = await import("../../src/kafka/answers.ts");
    const { sendAnswer } = await import("../../src/kafka/sending/send_answers.ts");
    const named = (answer: string) =>
      [...KAFKA_ANSWERS.values()].map(({ name }) => name).filter((name) =>
        sendAnswer(brokerError(name)) === answer
      );
    assertEquals(named("split"), [
      "MESSAGE_TOO_LARGE",
      "RECORD_LIST_TOO_LARGE",
      "INVALID_TIMESTAMP",
      "INVALID_RECORD",
    ]);
    assertEquals(named("taken"), ["DUPLICATE_SEQUENCE_NUMBER"]);
    assertEquals(named("assign anew"), ["UNKNOWN_TOPIC_OR_PARTITION"]);
    for (const name of ["OUT_OF_ORDER_SEQUENCE_NUMBER", "UNKNOWN_PRODUCER_ID", "INVALID_PRODUCER_EPOCH"]) {
      assert(named("new id").includes(name), name);
    }
    const rest = ["again", "split", "taken", "assign anew", "new id"].reduce(
      (sum, each) => sum + named(each).length,
      0,
    );
    assertEquals(rest, KAFKA_ANSWERS.size);
    assertEquals(sendAnswer(new Error("connection refused")), "again");
  },
);
