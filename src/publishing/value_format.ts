import { encodeMessage, framedEncoder, SCHEMA_HEADER, SCHEMA_ID } from "../market/message.ts";

/** How messages are written. */
export interface ValueFormat {
  encode: typeof encodeMessage;
  headers: Readonly<Record<string, string>>;
}

/** Plain Avro, its schema named in a header. */
export const PLAIN: ValueFormat = { encode: encodeMessage, headers: { [SCHEMA_HEADER]: SCHEMA_ID } };

/** Confluent's wire format. Without the header, which says that plain Avro comes, to earlier versions too. */
export const framedFormat = (id: number): ValueFormat => ({ encode: framedEncoder(id), headers: {} });
