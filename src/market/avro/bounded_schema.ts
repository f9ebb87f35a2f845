/** Largest schema that is looked at, in characters; `trades.avsc` has about a thousand. */
const MAX_CHARACTERS = 65_536;
/** Types, fields and symbols of one schema. */
const MAX_PARTS = 500;
const MAX_DEPTH = 16;
const MAX_FIXED_BYTES = 65_536;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

/**
 * Takes from a schema that somebody else wrote what says how its bytes are read, and nothing else: no defaults, logical
 * types, aliases or attributes that a library may act upon.
 *
 * Source: Avro specification, "Schema Declaration" and "Parsing Canonical Form for Schemas".
 *
 * @throws {RangeError | SyntaxError} for what is no schema, or one that is too large, too deep or has odd names.
 */
export function boundedSchema(text: string): unknown {
  if (text.length > MAX_CHARACTERS) {
    throw new RangeError(`a schema of more than ${MAX_CHARACTERS} characters`);
  }
  let parts = 0;
  const count = (depth: number) => {
    if (++parts > MAX_PARTS) throw new RangeError(`a schema of more than ${MAX_PARTS} parts`);
    if (depth > MAX_DEPTH) throw new RangeError(`a schema nested deeper than ${MAX_DEPTH}`);
  };
  const typeOf = (given: unknown, depth: number): unknown => {
    count(depth);
    if (typeof given === "string") return nameOf(given);
    if (Array.isArray(given)) return given.map((branch) => typeOf(branch, depth + 1));
    const { fields, items, name, namespace, size, symbols, type, values } = objectOf(given);
    const named = () => ({
      type,
      name: nameOf(name),
      // The empty namespace is one of its own.
      ...(namespace === undefined ? {} : { namespace: namespace === "" ? "" : nameOf(namespace) }),
    });
    switch (type) {
      case "record":
      case "error":
        return { ...named(), fields: listOf(fields).map((field) => fieldOf(field, depth)) };
      case "enum":
        return { ...named(), symbols: listOf(symbols).map((symbol) => (count(depth), nameOf(symbol))) };
      case "fixed":
        if (!Number.isInteger(size) || (size as number) < 0 || (size as number) > MAX_FIXED_BYTES) {
          throw new RangeError(`a fixed type of other than 0 to ${MAX_FIXED_BYTES} bytes`);
        }
        return { ...named(), size };
      case "array":
        return { type, items: typeOf(items, depth + 1) };
      case "map":
        return { type, values: typeOf(values, depth + 1) };
      default:
        return typeOf(type, depth + 1);
    }
  };
  const fieldOf = (given: unknown, depth: number) => {
    const { name, type } = objectOf(given);
    return { name: nameOf(name), type: typeOf(type, depth + 1) };
  };
  return typeOf(JSON.parse(text), 0);
}

function objectOf(given: unknown): Record<string, unknown> {
  if (typeof given !== "object" || given === null) {
    throw new RangeError("a schema with a part that is no type");
  }
  return given as Record<string, unknown>;
}

function listOf(given: unknown): unknown[] {
  if (!Array.isArray(given)) throw new RangeError("a schema without a list where one belongs");
  return given;
}

function nameOf(given: unknown): string {
  if (typeof given !== "string" || given.length > 255 || !NAME.test(given)) {
    throw new RangeError("a schema with a name that is none");
  }
  return given;
}
