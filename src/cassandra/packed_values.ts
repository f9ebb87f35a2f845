import { Buffer } from "node:buffer";

/**
 * Encodes values as Cassandra's protocol has them (native protocol v4, section 6), one behind the other in one buffer.
 * The driver sends a Buffer as it is given; encoding many rows itself, value by value, takes it several times as long.
 */
export class PackedValues {
  readonly #buffer: Buffer;
  readonly #view: DataView;
  #end = 0;

  /** @param size Bytes of all values together. */
  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
    this.#view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, size);
  }

  /** A timestamp, from whole milliseconds since the epoch: 8 bytes. */
  timestamp(milliseconds: number): Buffer {
    this.#view.setInt32(this.#end, Math.floor(milliseconds / 2 ** 32));
    this.#view.setUint32(this.#end + 4, milliseconds >>> 0);
    return this.#take(8);
  }

  /** A double: 8 bytes. */
  double(value: number): Buffer {
    this.#view.setFloat64(this.#end, value);
    return this.#take(8);
  }

  /** Bytes as they are, such as a uuid's 16. */
  bytes(bytes: Uint8Array): Buffer {
    this.#buffer.set(bytes, this.#end);
    return this.#take(bytes.length);
  }

  #take(length: number): Buffer {
    return this.#buffer.subarray(this.#end, this.#end += length);
  }
}
