import { Buffer } from "node:buffer";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { decompressLz4 } from "./lz4.ts";
import { decompressSnappyBlock } from "./snappy.ts";

/** Names of the codecs, by their number in a batch's attributes. Source: Kafka documentation, "Record Batch". */
export const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;

/**
 * Decompresses what a batch holds, and stops before more comes out than is allowed: 300 KB may hold 300 MB.
 *
 * @param codec number in the batch's attributes
 * @param limit most bytes that may come out
 * @throws {Error} for more than that, for bytes of another form, and for a codec that is none of {@linkcode CODECS}.
 */
export function decompress(codec: number, bytes: Buffer, limit: number): Buffer {
  try {
    switch (CODECS[codec]) {
      case "none":
        return bytes;
      case "gzip":
        return gunzipSync(bytes, { maxOutputLength: limit });
      case "snappy":
        return decompressSnappy(bytes, limit);
      case "lz4":
        return decompressLz4(bytes, limit);
      case "zstd":
        return zstdDecompressSync(bytes, { maxOutputLength: limit });
    }
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_BUFFER_TOO_LARGE") throw cause;
    throw new RangeError(`more than ${limit} bytes come out`, { cause });
  }
  throw new RangeError(`codec ${codec} is not known`);
}

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
/** Magic, version and the version that can read it. */
const XERIAL_HEADER = 16;

/** Java's clients, and brokers, write blocks with their lengths before them (snappy-java's `SnappyOutputStream`); others one bare block. */
function decompressSnappy(bytes: Buffer, limit: number): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) {
    return decompressSnappyBlock(bytes, limit);
  }
  const blocks: Buffer[] = [];
  let length = 0;
  for (let at = XERIAL_HEADER; at < bytes.length;) {
    const size = bytes.readUInt32BE(at);
    at += 4;
    if (size > bytes.length - at) throw new RangeError("a snappy block that ends too early");
    const block = decompressSnappyBlock(bytes.subarray(at, at + size), limit - length);
    length += block.length;
    blocks.push(block);
    at += size;
  }
  return Buffer.concat(blocks);
}
