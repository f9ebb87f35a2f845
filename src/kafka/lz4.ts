import type { Buffer } from "node:buffer";
import { Output } from "./output.ts";

const MAGIC = 0x184d2204;
const MIN_MATCH = 4;

/**
 * Decompresses an LZ4 frame, and stops before more comes out than is allowed. Checksums are passed over: Kafka's own covers
 * the batch.
 *
 * Source: LZ4 Frame Format Description 1.6.3 and LZ4 Block Format Description, github.com/lz4/lz4/tree/dev/doc. The libraries
 * without native code trust the sizes that a frame claims, and write beyond what they have made.
 *
 * @param limit most bytes that may come out
 * @throws {RangeError} for more than that, and for what is no such frame.
 */
export function decompressLz4(frame: Buffer, limit: number): Buffer {
  if (frame.readUInt32LE(0) !== MAGIC) throw new RangeError("not an LZ4 frame");
  const flags = frame.readUInt8(4);
  if (flags >> 6 !== 1) throw new RangeError("an LZ4 frame of another version");
  if (flags & 0x01) throw new RangeError("an LZ4 frame with a dictionary");
  const blockChecksums = (flags & 0x10) !== 0;
  const contentSize = (flags & 0x08) !== 0;
  let at = 4 + 2 + (contentSize ? 8 : 0) + 1;
  const out = new Output(limit);
  for (;;) {
    const word = frame.readUInt32LE(at);
    at += 4;
    if (word === 0) return out.bytes();
    const size = word & 0x7fff_ffff;
    if (size > frame.length - at) throw new RangeError("an LZ4 block that ends too early");
    const block = frame.subarray(at, at + size);
    if (word >= 0x8000_0000) out.copy(block, 0, size);
    else decompressBlock(block, out);
    at += size + (blockChecksums ? 4 : 0);
  }
}

/** Literals and copies of what came before, also from earlier blocks where a frame links them. */
function decompressBlock(block: Buffer, out: Output): void {
  let at = 0;
  const byte = () => {
    const value = block[at++];
    if (value === undefined) throw new RangeError("an LZ4 block that ends too early");
    return value;
  };
  const length = (nibble: number) => {
    let value = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255;) value += more = byte();
    return value;
  };
  while (at < block.length) {
    const token = byte();
    const literals = length(token >> 4);
    if (literals > block.length - at) throw new RangeError("an LZ4 block that ends too early");
    out.copy(block, at, at += literals);
    // The last sequence is literals alone.
    if (at === block.length) return;
    const distance = byte() | byte() << 8;
    out.repeat(distance, length(token & 0x0f) + MIN_MATCH);
  }
}
