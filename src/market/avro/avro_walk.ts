/** avsc refuses numbers beyond it. */
const SAFE = Number.MAX_SAFE_INTEGER - 1;

/** Reads Avro's binary encoding without making anything of it: every count and length is checked against the bytes that are there. */
export class AvroWalk {
  #at = 0;
  /** Whether a number came that a double cannot hold exactly. */
  wide = false;
  constructor(readonly bytes: Uint8Array) {}

  /** A zigzag varint (Avro specification, "Binary Encoding"), exact up to 2^53. */
  long(): number {
    let value = 0;
    let scale = 1;
    const negative = ((this.bytes[this.#at] ?? 0) & 1) === 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) throw new RangeError("ends too early");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        // As avsc has it: doubled, it must still be exact.
        if (value > 2 * SAFE) this.wide = true;
        // From the first byte: a large sum has lost its last bit.
        return negative ? -(value + 1) / 2 : value / 2;
      }
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
      const sized = count < 0;
      // A negative count is followed by the block's size in bytes.
      const size = sized ? this.long() : 0;
      const start = this.#at;
      count = Math.abs(count);
      if (count * minBytes > this.bytes.length - this.#at) {
        throw new RangeError("a count larger than the message");
      }
      items(count);
      // A reader that skips the block by this size lands on bytes that were not checked.
      if (sized && this.#at - start !== size) throw new RangeError("a block of another size than it says");
    }
  }

  end(): void {
    if (this.#at !== this.bytes.length) throw new RangeError("bytes left over at the end");
  }
}
