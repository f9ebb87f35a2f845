/** Bytes of a binary protocol, big endian. */

const UTF8 = new TextEncoder();

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A whole number of some bytes. */
export function int(bytes: 1 | 2 | 4 | 8, value: number | bigint): Uint8Array {
  const made = new Uint8Array(8);
  new DataView(made.buffer).setBigInt64(0, BigInt(value));
  return made.subarray(8 - bytes);
}

/** A text with its length in two bytes before it. */
export function text(value: string): Uint8Array {
  const bytes = UTF8.encode(value);
  return joined([int(2, bytes.length), bytes]);
}

/** Reads one value after another. */
export class Reader {
  #at = 0;
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  int(size: 1 | 2 | 4 | 8): number {
    const at = this.#at;
    this.#at += size;
    if (size === 8) return Number(this.#view.getBigInt64(at));
    return size === 4
      ? this.#view.getInt32(at)
      : size === 2
      ? this.#view.getInt16(at)
      : this.#view.getInt8(at);
  }

  take(length: number): Uint8Array {
    const taken = this.bytes.subarray(this.#at, this.#at + Math.max(0, length));
    this.#at += taken.length;
    return taken;
  }

  text(): string {
    return new TextDecoder().decode(this.take(this.int(2)));
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int(4)) }, read);
  }
}
