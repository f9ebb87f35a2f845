/** Bytes before the message in Confluent's wire format: a zero, and the id of the writer's schema, big-endian. */
export const FRAME_BYTES = 5;

/** Highest id that the four bytes can hold as registries count: a signed integer. */
export const MAX_SCHEMA_ID = 0x7fff_ffff;

/** What stands before a message that was written with the schema of this id. */
export function frame(id: number): Uint8Array {
  const bytes = new Uint8Array(FRAME_BYTES);
  new DataView(bytes.buffer).setUint32(1, id);
  return bytes;
}

/**
 * The id of the writer's schema, for a value in Confluent's wire format; undefined for plain Avro of trades.
 *
 * Plain Avro starts with the number of trades in the first block: with a zero only where there are none. The type's length
 * and text follow, and nothing else: no second zero. A message in a frame has one at the end of its array of trades,
 * whatever schema of trades it was written with, and one before it while ids are below 16,777,216.
 */
export function framedBy(value: Uint8Array): number | undefined {
  if (value[0] !== 0 || value.length <= FRAME_BYTES || !value.includes(0, 1)) return undefined;
  return new DataView(value.buffer, value.byteOffset).getUint32(1);
}
