import { Buffer } from "node:buffer";
import avro from "avsc";
import { AvroWalk } from "./avro_walk.ts";
import { wideType } from "./wide_long.ts";

/** What is used of avsc's description of a type. */
interface Described {
  typeName: string;
  fields?: { type: Described }[];
  itemsType?: Described;
  valuesType?: Described;
  types?: Described[];
  symbols?: string[];
  size?: number;
}

interface Resolving {
  fingerprint(algorithm: string): Buffer;
  createResolver(writer: unknown): unknown;
  fromBuffer(bytes: Buffer, resolver?: unknown): unknown;
}

/** Nested this deep nothing is a message of trades. */
const MAX_DEPTH = 16;
/**
 * Values in each byte, and in all that have none: a value without bytes, such as a null or an empty record, could come any
 * number of times.
 */
const VALUES_PER_BYTE = 4;
const VALUES_WITHOUT_BYTES = 1000;

/** Names a schema: the MD5 of its Parsing Canonical Form, in hexadecimal, as the Avro specification has it. */
export const schemaId = (schema: unknown): string =>
  (avro.Type.forSchema(schema as never) as unknown as Resolving).fingerprint("md5").toString("hex");

/** Reads what was written with other schemas as if it had been with ours: Avro's schema resolution. */
export class WriterSchemas {
  readonly #readers = new Map<string, (bytes: Uint8Array) => unknown>();

  /**
   * @param ours schema that is read
   * @param others schemas that may have been written with
   * @throws {Error} for a schema that ours cannot read, at once and not at its first message
   */
  constructor(ours: unknown, others: readonly unknown[]) {
    const reader = avro.Type.forSchema(ours as never) as unknown as Resolving;
    const wideReader = wideType(ours) as Resolving;
    for (const schema of others) {
      const writer = avro.Type.forSchema(schema as never);
      const resolver = reader.createResolver(writer);
      const wideResolver = wideReader.createResolver(wideType(schema));
      this.#readers.set(schemaId(schema), (bytes) => {
        const walk = new AvroWalk(bytes);
        let values = VALUES_PER_BYTE * bytes.length + VALUES_WITHOUT_BYTES;
        walkType(writer as unknown as Described, walk, 0, () => {
          if (--values < 0) throw new RangeError("more values than its bytes can hold");
        });
        walk.end();
        const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
        return walk.wide ? wideReader.fromBuffer(buffer, wideResolver) : reader.fromBuffer(buffer, resolver);
      });
    }
  }

  /**
   * Reads bytes that were written with a schema.
   *
   * @throws {RangeError} for a schema that is not known, or bytes that are not of it
   */
  read(id: string, bytes: Uint8Array): unknown {
    const read = this.#readers.get(id);
    if (!read) {
      throw new RangeError(
        `written with schema ${id.slice(0, 64)}, which this version does not know: update it`,
      );
    }
    return read(bytes);
  }
}

/** Checks that bytes are of a type, before avsc makes anything of them: it trusts the counts in them. */
function walkType(type: Described, walk: AvroWalk, depth: number, count: () => void): void {
  if (depth > MAX_DEPTH) throw new RangeError("nested too deep");
  count();
  const into = (inner: Described) => walkType(inner, walk, depth + 1, count);
  const items = (inner: () => void) =>
    // An item without bytes could come a billion times in a message of a few.
    walk.blocks(1, (count) => {
      for (let i = 0; i < count; i++) inner();
    });
  switch (type.typeName) {
    case "null":
      return;
    case "boolean":
      return walk.skip(1);
    case "int":
    case "long":
      walk.long();
      return;
    case "float":
      return walk.skip(4);
    case "double":
      return walk.skip(8);
    case "bytes":
    case "string":
      return walk.text();
    case "fixed":
      return walk.skip(type.size!);
    case "enum":
      if (type.symbols![walk.long()] === undefined) throw new RangeError("unknown symbol of an enum");
      return;
    case "array":
      return items(() => into(type.itemsType!));
    case "map":
      return items(() => {
        walk.text();
        into(type.valuesType!);
      });
    case "record":
    case "error":
      return type.fields!.forEach((field) => into(field.type));
  }
  if (!type.typeName.startsWith("union")) throw new RangeError(`type ${type.typeName} is not read`);
  const branch = type.types![walk.long()];
  if (branch === undefined) throw new RangeError("unknown union branch");
  into(branch);
}
