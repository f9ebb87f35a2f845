/**
 * Walks the Avro encoding of a trades message and checks every count and length against the bytes that are there.
 * avsc trusts an array's block count: a dozen bytes could make it build a billion records.
 *
 * @throws {RangeError} that says what is wrong.
 */
export function assertWellFormed(bytes: Uint8Array, maxTrades: number): void {
  const walk = new Walk(bytes);
  let trades = 0;
  walk.blocks(MIN_TRADE_BYTES, (count) => {
    trades += count;
    if (trades > maxTrades) throw new RangeError(`more than ${maxTrades} trades`);
    for (let i = 0; i < count; i++) walkTrade(walk);
  });
  walk.text();
  walk.end();
}

/** Union branch, double, empty string, long of one byte, double. */
const MIN_TRADE_BYTES = 1 + 8 + 1 + 1 + 8;

function walkTrade(walk: Walk): void {
  const branch = walk.long();
  if (branch === 0) {
    walk.blocks(1, (count) => {
      for (let i = 0; i < count; i++) {
        const inner = walk.long();
        if (inner === 1) walk.text();
        else if (inner !== 0) throw new RangeError("unknown union branch");
      }
    });
  } else if (branch !== 1) throw new RangeError("unknown union branch");
  walk.skip(8);
  walk.text();
  walk.long();
  walk.skip(8);
}

class Walk {
  #at = 0;
  constructor(readonly bytes: Uint8Array) {}

  /** A zigzag varint (Avro specification, "Binary Encoding"), exact up to 2^53. */
  long(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) throw new RangeError("ends too early");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw new RangeError("a number of more than ten bytes");
  }

  skip(count: number): void {
    if (count < 0 || count > this.bytes.length - this.#at) throw new RangeError("ends too early");
    this.#at += count;
  }

  text(): void {
    this.skip(this.long());
  }

  /** The blocks of an array whose items take at least `minBytes` each. */
  blocks(minBytes: number, items: (count: number) => void): void {
    for (let count = this.long(); count !== 0; count = this.long()) {
      if (count < 0) {
        // A negative count is followed by the block's size in bytes.
        count = -count;
        this.long();
      }
      if (count * minBytes > this.bytes.length - this.#at) {
        throw new RangeError("a count larger than the message");
      }
      items(count);
    }
  }

  end(): void {
    if (this.#at !== this.bytes.length) throw new RangeError("bytes left over at the end");
  }
}
