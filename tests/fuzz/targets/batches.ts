/** What brokers keep: record batches, and what is compressed in them. */
import { Buffer } from "node:buffer";
import { gzipSync, zstdCompressSync } from "node:zlib";
import snappy from "snappyjs";
import { CODECS, decompress } from "../../../src/kafka/codecs.ts";
import { answerBudget, readBatches } from "../../../src/kafka/record_batches.ts";
import { batchOf } from "../../unit/kafka/batches.ts";
import { type Fuzzer, must } from "../fuzzer.ts";

const VALUES = Array.from({ length: 30 }, (_, i) => Buffer.from(`value ${i % 3}`));
const snappyOf = (bytes: Buffer) => Buffer.from(snappy.compress(bytes));
/** A frame that liblz4 made of 30 times "trade ". */
const LZ4 = Buffer.from("BCJNGGBAghUAAABldHJhZGUgBgCfUHJhZGUgAAAAAA==", "base64");

export const recordBatches: Fuzzer = {
  name: "batches",
  corpus: [
    batchOf({ base: 5, values: VALUES }),
    Buffer.concat([
      batchOf({ base: 0, values: VALUES.slice(0, 3) }),
      batchOf({ base: 3, values: VALUES, lastDelta: 40 }),
    ]),
    batchOf({ base: 5, values: VALUES, codec: 1, compress: gzipSync }),
    batchOf({ base: 5, values: VALUES, codec: 2, compress: snappyOf }),
    batchOf({ base: 5, values: VALUES, codec: 4, compress: zstdCompressSync }),
    batchOf({ base: 5, values: VALUES.slice(0, 1), attributes: 0x30 }),
    batchOf({ base: 5, values: VALUES, magic: 1 }),
  ],
  async check(input) {
    const found = await readBatches(Buffer.from(input), answerBudget());
    let bytes = 0;
    for (const { headers, nothing, offset, timestamp, unreadable, value } of found) {
      must(/^-?\d+$/.test(String(offset)), `an offset is a number, and not ${offset}`);
      must(timestamp === undefined || /^-?\d+$/.test(String(timestamp)), "a timestamp is a number");
      must(unreadable === undefined || (value !== null && !nothing), "what cannot be read has its bytes");
      must(headers === undefined || typeof headers === "object", "headers are an object");
      bytes += value?.length ?? 0;
    }
    must(bytes <= 48 * 1024 * 1024, "what comes out is bounded");
  },
  // What a batch may hold at most takes this long to be made.
  slack: 300,
};

const LIMIT = 1_048_576;

export const codecs: Fuzzer = {
  name: "codecs",
  corpus: CODECS.flatMap((_, codec) => {
    const plain = Buffer.concat(VALUES);
    const made = [plain, gzipSync(plain), snappyOf(plain), LZ4, zstdCompressSync(plain)][codec]!;
    return [Buffer.concat([Buffer.from([codec]), made])];
  }),
  check(input) {
    const bytes = Buffer.from(input);
    let out: Buffer | undefined;
    try {
      out = decompress((bytes[0] ?? 0) % CODECS.length, bytes.subarray(1), LIMIT);
    } catch (error) {
      // Every error is one message's that cannot be read.
      must(error instanceof Error, "errors are errors");
    }
    must((out?.length ?? 0) <= Math.max(LIMIT, input.length), "what comes out is bounded");
    const back = [
      decompress(1, gzipSync(bytes), bytes.length + 1),
      decompress(2, snappyOf(bytes), bytes.length + 1),
      decompress(4, zstdCompressSync(bytes), bytes.length + 1),
    ];
    must(back.every((each) => each.equals(bytes)), "what is compressed comes out as it was");
  },
  slack: 60,
};
