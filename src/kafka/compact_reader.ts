import type { Buffer } from "node:buffer";

/**
 * Reads the compact form of Kafka's protocol (KIP-482). A length that leads behind the end is a RangeError, so no answer
 * makes it read for long.
 */
export class CompactReader {
  at = 0;

  constructor(readonly raw: Buffer) {}

  int16(): number {
    this.at += 2;
    return this.raw.readInt16BE(this.at - 2);
  }

  skip(count: number): void {
    this.at += count;
  }

  /** An unsigned number of a length that it tells itself. */
  varint(): number {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = this.raw.readUInt8(this.at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  /** Length of a text or a list; 0 for none. */
  length(): number {
    return Math.max(0, this.varint() - 1);
  }

  text(): string {
    const length = this.length();
    if (this.at + length > this.raw.length) throw new RangeError("a text leads behind the end of the answer");
    this.at += length;
    return this.raw.toString("utf8", this.at - length, this.at);
  }

  /** Fields that later versions have added. */
  tags(take: (tag: number) => void = () => {}): void {
    for (let count = this.varint(); count > 0; count--) {
      const tag = this.varint();
      const end = this.varint() + this.at;
      take(tag);
      this.at = end;
    }
  }
}
