import { Buffer } from "node:buffer";

/** Room that is made at first, bytes. */
const FIRST_ROOM = 65_536;

/** What a codec of literals and copies gives: bytes that grow up to a limit. */
export class Output {
  #bytes: Buffer;
  #length = 0;

  constructor(readonly limit: number) {
    this.#bytes = Buffer.allocUnsafe(Math.min(limit, FIRST_ROOM));
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  copy(from: Buffer, start: number, end: number): void {
    this.#room(end - start);
    from.copy(this.#bytes, this.#length, start, end);
    this.#length += end - start;
  }

  /** Repeats what came `distance` bytes before; what is repeated may itself be part of it. */
  repeat(distance: number, count: number): void {
    if (distance === 0 || distance > this.#length) {
      throw new RangeError("a compressed block that refers to nothing");
    }
    this.#room(count);
    const bytes = this.#bytes;
    const end = this.#length + count;
    if (distance >= count) bytes.copyWithin(this.#length, this.#length - distance, end - distance);
    else for (let i = this.#length; i < end; i++) bytes[i] = bytes[i - distance]!;
    this.#length = end;
  }

  #room(count: number): void {
    const wanted = this.#length + count;
    if (wanted > this.limit) throw new RangeError(`more than ${this.limit} bytes come out`);
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.min(this.limit, Math.max(wanted, 2 * this.#bytes.length)));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
