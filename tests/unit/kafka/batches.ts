import { Buffer } from "node:buffer";

/** A number as records have it: zigzag, seven bits a byte. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

export interface MadeBatch {
  base: number;
  values: readonly Uint8Array[];
  /** Of the last offset; that of the last value when absent. */
  lastDelta?: number;
  /** What the records are compressed by, and its number. */
  compress?: (records: Buffer) => Buffer;
  codec?: number;
  /** Besides the codec. */
  attributes?: number;
  magic?: number;
  /** Messages that it claims to have. */
  count?: number;
  leaderEpoch?: number;
}

/** A record batch as a broker keeps it, without its checksum. */
export function batchOf(
  {
    attributes = 0,
    base,
    codec = 0,
    compress = (b) => b,
    count,
    lastDelta,
    leaderEpoch = 0,
    magic = 2,
    values,
  }: MadeBatch,
): Buffer {
  const plain = Buffer.concat(values.map((value, i) => {
    const record = Buffer.concat([
      Buffer.from([0, ...varint(0), ...varint(i), ...varint(-1), ...varint(value.length)]),
      value,
      Buffer.from(varint(0)),
    ]);
    return Buffer.concat([Buffer.from(varint(record.length)), record]);
  }));
  const records = compress(plain);
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(BigInt(base), 0);
  header.writeInt32BE(49 + records.length, 8);
  header.writeInt32BE(leaderEpoch, 12);
  header.writeInt8(magic, 16);
  header.writeInt16BE(codec | attributes, 21);
  header.writeInt32BE(lastDelta ?? values.length - 1, 23);
  header.writeBigInt64BE(1_700_000_000_000n, 27);
  header.writeBigInt64BE(1_700_000_000_000n, 35);
  header.writeBigInt64BE(-1n, 43);
  header.writeInt32BE(count ?? values.length, 57);
  return Buffer.concat([header, records]);
}
