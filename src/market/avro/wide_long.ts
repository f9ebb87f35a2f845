import avro from "avsc";
import { AvroWalk } from "./avro_walk.ts";

const unused = () => {
  throw new Error("long numbers are read alone");
};

/** Reads every long number, rounded where a double cannot hold it; avsc refuses those, and with each the whole message. */
const wideLong = avro.types.LongType.__with({
  fromBuffer: (bytes: Uint8Array) => new AvroWalk(bytes).long(),
  toBuffer: unused,
  fromJSON: (value: unknown) => value,
  toJSON: unused,
  isValid: (value: unknown) => typeof value === "number",
  compare: unused,
} as never, true);

/** A type of a schema that reads long numbers so: several times slower than avsc's own. */
export const wideType = (schema: unknown): unknown =>
  avro.Type.forSchema(schema as never, { registry: { long: wideLong } } as never);
