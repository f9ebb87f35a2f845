import type cassandra from "cassandra-driver";
import type { Transformation } from "./dashboard.ts";

/** A value as the plugin hands it to Grafana; times as milliseconds. */
export type Value = string | number | boolean;

/** Rows of one series, each by the names of its columns. */
export interface Frame {
  name: string;
  rows: Record<string, Value>[];
}

/** The types that the plugin's Row.normalize takes; it fails the whole query for any other, such as a list. */
const TYPES: Record<number, "text" | "number" | "boolean" | "timestamp" | "uuid"> = {
  0x01: "text", // ascii
  0x02: "number", // bigint
  0x04: "boolean",
  0x07: "number", // double
  0x08: "number", // float
  0x09: "number", // int
  0x0b: "timestamp",
  0x0c: "uuid",
  0x0d: "text",
  0x0f: "uuid", // timeuuid
  0x13: "number", // smallint
  0x14: "number", // tinyint
};

/** What its rows hold in place of a null: the driver that it uses fills in the type's zero. */
const ZERO = { text: "", number: 0, boolean: false, timestamp: Date.UTC(1, 0, 1), uuid: "" };

/**
 * Runs a query as the Cassandra plugin does (version 3.1.0, Session.Select and Plugin.ExecQuery): SELECT only, prepared,
 * in pages, one frame for each value of the first column, in the order of the rows.
 *
 * @throws for what the plugin would fail with.
 */
export async function framesOf(session: cassandra.Client, cql: string): Promise<Frame[]> {
  if (!/^\s*select\s/i.test(cql)) throw new TypeError(`not a SELECT: ${cql}`);
  const result = await session.execute(cql, [], { prepare: true, fetchSize: 5000 });
  const columns = result.columns.map(({ name, type: { code } }) => {
    const type = TYPES[code];
    if (type === undefined) {
      throw new TypeError(`column ${name} has a type that the plugin does not know: ${code}`);
    }
    return { name, type };
  });
  const frames = new Map<string, Frame>();
  for await (const row of result) {
    const values = columns.map(({ name, type }): [string, Value] => [name, plain(row.get(name), type)]);
    const name = String(values[0]![1]);
    const frame = frames.get(name) ?? { name, rows: [] };
    frame.rows.push(Object.fromEntries(values));
    frames.set(name, frame);
  }
  return [...frames.values()];
}

/** The values of a variable, as the plugin and Grafana make them of the rows: the first column, each once, sorted. */
export async function variableValues(session: cassandra.Client, cql: string): Promise<string[]> {
  const values = (await framesOf(session, cql)).flatMap(({ rows }) => rows).map((row) => Object.values(row));
  for (const [value, label = value] of values) {
    if (label !== value) throw new Error(`the second column, ${label}, would be shown in place of ${value}`);
  }
  return [...new Set(values.map(([value]) => String(value)))].sort();
}

/**
 * What a stat panel shows of a frame: Grafana's calculations lastNotNull, diff and sum of one field; undefined of no rows.
 *
 * @throws {RangeError} for another one.
 */
export function reduced(
  { rows }: Frame,
  { calcs: [calculation], fields }: { calcs: string[]; fields: string },
): Value | undefined {
  const field = /^\/\^(\w+)\$\/$/.exec(fields)![1]!;
  const values = rows.map((row) => row[field]!).filter((value) => !Number.isNaN(value));
  if (values.length === 0) return undefined;
  switch (calculation) {
    case "lastNotNull":
      return values.at(-1);
    case "diff":
      return Number(values.at(-1)) - Number(values[0]);
    case "sum":
      return values.reduce<number>((sum, value) => sum + Number(value), 0);
    default:
      throw new RangeError(`the calculation ${calculation} is not known here`);
  }
}

function plain(value: unknown, type: keyof typeof ZERO): Value {
  if (value === null || value === undefined) return ZERO[type];
  if (value instanceof Date) return value.getTime();
  return type === "number" ? Number(value) : type === "boolean" ? Boolean(value) : String(value);
}

/**
 * What is left of a frame after the panel's transformations: Grafana's sortBy (by its first field), limit, organize,
 * convertFieldType (to a text) and filterByValue (rows whose field is greater than a number).
 *
 * @throws {RangeError} for another one.
 */
export function transformed(frame: Frame, transformations: readonly Transformation[]): Frame {
  return transformations.reduce((current, { id, options }) => {
    switch (id) {
      case "sortBy": {
        const [{ desc, field }] = options.sort as [{ field: string; desc: boolean }];
        const rows = current.rows.toSorted((a, b) => Number(a[field]) - Number(b[field]));
        return { ...current, rows: desc ? rows.reverse() : rows };
      }
      case "limit":
        return { ...current, rows: current.rows.slice(0, options.limitField as number) };
      case "organize": {
        const { excludeByName, renameByName } = options as Record<string, Record<string, string>>;
        const rows = current.rows.map((row) =>
          Object.fromEntries(
            Object.entries(row).filter(([name]) => !excludeByName![name])
              .map(([name, value]) => [renameByName![name] ?? name, value]),
          )
        );
        return { ...current, rows };
      }
      case "convertFieldType": {
        const { conversions } = options as {
          conversions: { targetField: string; destinationType: string }[];
        };
        const texts = conversions.filter(({ destinationType }) => destinationType === "string")
          .map(({ targetField }) => targetField);
        const rows = current.rows.map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [name, texts.includes(name) ? String(value) : value]),
          )
        );
        return { ...current, rows };
      }
      case "filterByValue": {
        const { filters: [{ config, fieldName }], type } = options as {
          filters: [{ fieldName: string; config: { id: string; options: { value: number } } }];
          type: string;
        };
        if (type !== "include" || config.id !== "greater") throw new RangeError(`${type} ${config.id}`);
        const rows = current.rows.filter((row) => Number(row[fieldName]) > config.options.value);
        return { ...current, rows };
      }
      default:
        throw new RangeError(`the transformation ${id} is not known here`);
    }
  }, frame);
}
