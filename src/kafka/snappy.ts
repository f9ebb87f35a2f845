import type { Buffer } from "node:buffer";
import { Output } from "./output.ts";

/** Bytes of the longest length. */
const LENGTH_BYTES = 5;
/** Literals up to this length have it in their tag; the tags above say how many bytes of length follow. */
const SHORT_LITERAL = 60;

/**
 * Decompresses a Snappy block, and stops before more comes out than is allowed.
 *
 * Source: Snappy compressed format description, github.com/google/snappy/blob/main/format_description.txt. snappyjs 0.7.0 reads a
 * literal's length of four bytes with a sign: a negative one takes it back, and 87 bytes keep it busy for seconds.
 *
 * @param limit most bytes that may come out
 * @throws {RangeError} for more than that, and for what is no such block.
 */
export function decompressSnappyBlock(block: Buffer, limit: number): Buffer {
  const reader = new Reader(block);
  const length = reader.varint();
  if (length > limit) throw new RangeError(`more than ${limit} bytes come out`);
  const out = new Output(length);
  while (!reader.ended) {
    const tag = reader.number(1);
    const upper = tag >>> 2;
    switch (tag & 3) {
      case 0: {
        const size = 1 + (upper < SHORT_LITERAL ? upper : reader.number(upper - SHORT_LITERAL + 1));
        out.copy(block, reader.at, reader.skip(size));
        break;
      }
      case 1:
        out.repeat((tag >>> 5) << 8 | reader.number(1), (upper & 7) + 4);
        break;
      case 2:
        out.repeat(reader.number(2), upper + 1);
        break;
      default:
        out.repeat(reader.number(4), upper + 1);
    }
  }
  if (out.length !== length) throw new RangeError("a snappy block that is not as long as it says");
  return out.bytes();
}

/** Reads forward, and never beyond the end. */
class Reader {
  at = 0;

  constructor(readonly bytes: Buffer) {}

  get ended(): boolean {
    return this.at === this.bytes.length;
  }

  /** Passes over some bytes; where they end. */
  skip(size: number): number {
    if (size > this.bytes.length - this.at) throw new RangeError("a snappy block that ends too early");
    return this.at += size;
  }

  /** An unsigned number, lowest byte first. */
  number(size: number): number {
    const start = this.at;
    this.skip(size);
    return this.bytes.readUIntLE(start, size);
  }

  varint(): number {
    let value = 0;
    for (let i = 0; i < LENGTH_BYTES; i++) {
      const byte = this.number(1);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new RangeError("a snappy block whose length has no end");
  }
}
