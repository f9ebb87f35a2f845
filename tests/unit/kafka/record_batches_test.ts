import { Buffer } from "node:buffer";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { answerBudget, type FetchedMessage, readBatches } from "../../../src/kafka/record_batches.ts";
import { batchOf } from "./batches.ts";

const text = (value: string) => Buffer.from(value);
const read = (...batches: Buffer[]) => readBatches(Buffer.concat(batches), answerBudget());
const told = (messages: FetchedMessage[]) =>
  messages.map(({ nothing, offset, unreadable, value }) =>
    unreadable ? `${offset} unreadable` : nothing ? `${offset} nothing` : `${offset} ${value}`
  );

Deno.test("readBatches() reads compressed batches among others, up to where the broker has cut", async () => {
  const batches = [
    batchOf({ base: 5, values: [text("a"), text("b")] }),
    batchOf({ base: 7, values: [text("c")], codec: 1, compress: gzipSync }),
    batchOf({ base: 8, values: [text("d"), text("e")], codec: 4, compress: zstdCompressSync }),
    batchOf({ base: 10, values: [text("f")] }).subarray(0, 63),
  ];
  const messages = await read(...batches);
  assertEquals(told(messages), ["5 a", "6 b", "7 c", "8 d", "9 e"]);
  assertEquals(new Set(messages.map(({ timestamp }) => timestamp)), new Set(["1700000000000"]));
});

Deno.test("readBatches() comes past offsets that hold no message", async () => {
  const marker = batchOf({ base: 6, values: [text("commit")], attributes: 0x30 });
  const compacted = batchOf({ base: 0, values: [text("a")], lastDelta: 3 });
  const emptied = batchOf({ base: 4, values: [], lastDelta: 1 });
  assertEquals(told(await read(compacted, emptied, marker)), [
    "0 a",
    "3 nothing",
    "5 nothing",
    "6 nothing",
  ]);
});

Deno.test("a batch that cannot be read is one message that says so, and what is around it is read", async () => {
  const good = (base: number) => batchOf({ base, values: [text("x")] });
  const zeros = Buffer.alloc(40_000_000);
  const bad: [error: string, batch: Parameters<typeof batchOf>[0]][] = [
    ["bytes come out", { base: 1, values: [text("")], codec: 1, compress: () => gzipSync(zeros) }],
    ["bytes come out", { base: 1, values: [text("")], codec: 4, compress: () => zstdCompressSync(zeros) }],
    ["ends too early", {
      base: 1,
      values: [text("")],
      codec: 3,
      compress: () => Buffer.from("BCJNGGBAggAAAH8=", "base64"),
    }],
    ["", { base: 1, values: [text("")], codec: 2, compress: () => text("\x05junk") }],
    ["codec 5", { base: 1, values: [text("")], codec: 5 }],
    ["format 3", { base: 1, values: [text("")], magic: 3 }],
    ["more than 150000 messages", { base: 1, values: [text("")], count: 2_000_000_000, lastDelta: 0 }],
    ["", { base: 1, values: [text("")], codec: 1, count: 3, compress: gzipSync, lastDelta: 0 }],
  ];
  for (const [error, batch] of bad) {
    const bytes = batchOf({ ...batch, lastDelta: 2 });
    const messages = await read(good(0), bytes, good(4));
    assertEquals(told(messages), ["0 x", "3 unreadable", "4 x"], JSON.stringify(batch).slice(0, 100));
    const { unreadable, value } = messages[1]!;
    assertStringIncludes(unreadable!.error, error);
    assertEquals(unreadable!.headers["batch-first-offset"], "1");
    assert(bytes.equals(value!), "its bytes are kept as they came");
  }
});

Deno.test("readBatches() leaves for the next answer what would take too much memory, and always reads one batch", async () => {
  const large = (base: number) =>
    batchOf({ base, values: [Buffer.alloc(15_000_000)], codec: 1, compress: (records) => gzipSync(records) });
  const batches = [0, 1, 2, 3, 4].map(large);
  const found = (messages: FetchedMessage[]) => messages.map(({ offset }) => offset);
  assertEquals(found(await read(...batches)), ["0", "1", "2"]);
  assertEquals(found(await readBatches(Buffer.concat(batches), { bytes: 0, messages: 0 })), ["0"]);
});

Deno.test("a batch of 140,000 small messages is read", async () => {
  const values = new Array(140_000).fill(text(""));
  assertEquals((await read(batchOf({ base: 0, values }))).length, values.length);
});
