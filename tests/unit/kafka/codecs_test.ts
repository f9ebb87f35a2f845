import { Buffer } from "node:buffer";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { assert, assertEquals, assertThrows } from "@std/assert";
import snappy from "snappyjs";
import { CODECS, decompress } from "../../../src/kafka/codecs.ts";
import { pick, seededRandom } from "../pick.ts";

const TEXT = Buffer.from(Array.from({ length: 12_000 }, (_, i) => `trade-${i % 7} `).join(""));
const LIMIT = 1_000_000;

/** What liblz4 makes of TEXT: with linked blocks, sizes and checksums; and as Java's clients do. */
const LINKED = Buffer.from(
  "BCJNGFxAAHcBAAAAAAC1LQEAAIJ0cmFkZS0wIAgAEzEIABMyCAATMwgAEzQIABM1CAATNggADzgA/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////6pQZGUtMSDHOwZzgQAAAA/w////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////X1BkZS0xICrWxGIAAAAAkQ2NRw==",
  "base64",
);
const PLAIN = Buffer.from(
  "BCJNGGBAgi0BAACCdHJhZGUtMCAIABMxCAATMggAEzMIABM0CAATNQgAEzYIAA84AP////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////+qUGRlLTEgpAAAAIJ0cmFkZS0yIAgAEzMIABM0CAATNQgAEzYIABMwCAATMQgADzgA//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////8hUGRlLTEgAAAAAA==",
  "base64",
);

const snappyBlock = (bytes: Buffer) => Buffer.from(snappy.compress(bytes));

/** As snappy-java's stream has them. */
function xerial(...blocks: Buffer[]): Buffer {
  const lengths = blocks.flatMap((block) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    return [length, block];
  });
  return Buffer.concat([
    Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
    ...lengths,
  ]);
}

const codec = (name: typeof CODECS[number]) => CODECS.indexOf(name);

const COMPRESSED: [name: typeof CODECS[number], bytes: Buffer][] = [
  ["none", TEXT],
  ["gzip", gzipSync(TEXT)],
  ["zstd", zstdCompressSync(TEXT)],
  ["snappy", snappyBlock(TEXT)],
  ["snappy", xerial(snappyBlock(TEXT.subarray(0, 40_000)), snappyBlock(TEXT.subarray(40_000)))],
  ["lz4", LINKED],
  ["lz4", PLAIN],
];

Deno.test("decompress() reads what every codec of Kafka makes", () => {
  for (const [name, bytes] of COMPRESSED) assert(TEXT.equals(decompress(codec(name), bytes, LIMIT)), name);
});

Deno.test("decompress() stops at its limit, and gives exactly what is allowed", () => {
  for (const [name, bytes] of COMPRESSED.slice(1)) {
    assert(TEXT.equals(decompress(codec(name), bytes, TEXT.length)), name);
    assertThrows(() => decompress(codec(name), bytes, TEXT.length - 1), RangeError, "bytes come out", name);
  }
});

Deno.test("decompress() takes of a bomb no more memory than its limit", () => {
  const bomb = Buffer.alloc(100_000_000);
  const before = Deno.memoryUsage().external;
  for (const bytes of [gzipSync(bomb), zstdCompressSync(bomb)]) {
    const name = bytes[0] === 0x1f ? "gzip" : "zstd";
    assertThrows(() => decompress(codec(name), bytes, LIMIT), RangeError, "bytes come out");
  }
  assert(Deno.memoryUsage().external - before < 20_000_000);
});

Deno.test("decompress() ends for all damaged bytes: with an error, or within its limit", () => {
  const random = seededRandom(11);
  for (let i = 0; i < 3000; i++) {
    const [name, bytes] = COMPRESSED[1 + pick(random, COMPRESSED.length - 1)]!;
    const damaged = Buffer.from(bytes);
    for (let flips = pick(random, 4); flips >= 0; flips--) {
      damaged[pick(random, damaged.length)] = pick(random, 256);
    }
    const part = damaged.subarray(0, pick(random, damaged.length + 1));
    try {
      assert(decompress(codec(name), random() < 0.5 ? damaged : part, LIMIT).length <= LIMIT);
    } catch (error) {
      assert(error instanceof Error);
    }
  }
});

Deno.test("decompress() names a codec that it does not know", () => {
  assertEquals(assertThrows(() => decompress(7, TEXT, LIMIT), RangeError).message, "codec 7 is not known");
});

Deno.test("a snappy block whose lengths lie is refused at once, and every other one reads back", () => {
  const random = seededRandom(11);
  for (let round = 0; round < 300; round++) {
    // Words of few letters, which make copies near and far, and some runs.
    const length = pick(random, 70_000);
    const letters = 1 + pick(random, 4);
    const plain = Buffer.from(Array.from({ length }, () => pick(random, letters)));
    const block = snappyBlock(plain);
    assert(plain.equals(decompress(codec("snappy"), block, length)), `round ${round}`);
    for (let cut = 0; cut < 3 && length > 0; cut++) {
      assertThrows(
        () => decompress(codec("snappy"), block.subarray(0, pick(random, block.length)), LIMIT),
        RangeError,
      );
    }
  }
  const lies = [
    // A literal of 2^32 - 5 bytes: taken with a sign it leads back to its own beginning, for ever.
    "05fcfbffffff",
    "0afcfaffffff0000000000",
    // Found by the fuzzer: three seconds.
    "d675ff210000ff80000001ff00ff7f00001000000000000000000000bdffdd7fffff7f00800001ff1afc01007fdeff84ff00ffff7ffedffffffb00000000000400880000007ffffffffffd00000000000000007fffff",
    // Copies of nothing: before the beginning, and at no distance.
    "0400610500",
    "04006109ff00",
    "0400610bffffffff",
    "04006101",
    // Fewer and more bytes than it says; a length without an end.
    "050061",
    "00" + "0061",
    "ffffffffffff00",
    "",
  ];
  const started = performance.now();
  for (const text of lies) {
    assertThrows(
      () => decompress(codec("snappy"), Buffer.from(text, "hex"), LIMIT),
      RangeError,
      undefined,
      text,
    );
  }
  assert(performance.now() - started < 1000);
});
