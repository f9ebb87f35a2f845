import { parse } from "@std/yaml";
import { visible } from "../telemetry/visible.ts";
import { SettingError } from "./read_settings.ts";
import { type Setting, SETTINGS } from "./settings.ts";

/** Settings that a file gives. */
export interface ConfigFile {
  /** As messages name it. */
  path: string;
  /** Their texts, by variable. */
  values: ReadonlyMap<string, string>;
}

/** Longest file, bytes. */
const MAX_BYTES = 256 * 1024;
/** Characters of a word of the file that is shown, and of its path. */
const MAX_SHOWN = 40;
const MAX_PATH_SHOWN = 120;

/**
 * Reads a file of settings, YAML or JSON: a value for each variable or flag, without the flag's dashes. Settings of every role
 * may stand in it, so that one file serves them all.
 *
 * @param hint completes a complaint about a name that no setting has
 * @throws {SettingError} the message is one line, with the file and the remedy; it shows no value.
 */
export function readConfigFile(
  path: string,
  read: (path: string) => Uint8Array,
  hint: (name: string, known: readonly string[]) => string,
): ConfigFile {
  const named = visible(path.slice(0, MAX_PATH_SHOWN).replaceAll("\n", "\\n"));
  const fail = (problem: string): never => {
    throw new SettingError(`--config: ${named} ${problem}`);
  };
  const object = parsed(path, read, fail);
  const byName = new Map(
    (Object.values(SETTINGS) as Setting<unknown>[]).flatMap((setting) =>
      [setting.env, ...(setting.flag === undefined || setting.secret ? [] : [setting.flag])]
        .map((name) => [name, setting] as const)
    ),
  );
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(object)) {
    const setting = byName.get(name);
    if (setting === undefined) {
      const shown = name.slice(0, MAX_SHOWN);
      const alike = [...byName.keys()].filter((each) => isVariable(each) === isVariable(name));
      return fail(`names no setting by ${JSON.stringify(shown)}${hint(shown, alike)}`);
    }
    if (setting === SETTINGS.configFile) fail("names another file; give one with --config");
    if (values.has(setting.env)) fail(`sets ${setting.env} twice: by its variable and by its flag`);
    const text = textOf(value);
    if (text === undefined) fail(`gives ${name} no text, number, true, false or list of them`);
    values.set(setting.env, text!);
  }
  return { path: named, values };
}

const isVariable = (name: string): boolean => /[A-Z]/.test(name);

/** The bytes of a file, a pipe too; of a longer one as many as show that it is too long. */
export function fileBytes(path: string): Uint8Array {
  const bytes = new Uint8Array(MAX_BYTES + 1);
  using file = Deno.openSync(path);
  let length = 0;
  for (let read: number | null = 0; read !== null && length < bytes.length; length += read ?? 0) {
    read = file.readSync(bytes.subarray(length));
  }
  return bytes.subarray(0, length);
}

function parsed(
  path: string,
  read: (path: string) => Uint8Array,
  fail: (problem: string) => never,
): object {
  let bytes: Uint8Array;
  try {
    bytes = read(path);
  } catch (error) {
    return fail(`cannot be read (${(error as Error).name})`);
  }
  if (bytes.length > MAX_BYTES) fail(`is longer than ${MAX_BYTES} bytes`);
  let value: unknown;
  try {
    // Failsafe: each scalar stays the text that it is, and settings' own parsers judge it.
    value = parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes), { schema: "failsafe" });
  } catch (error) {
    // The library's text shows lines of the file, which may hold a secret.
    const [, place = ""] = /(at line \d+)/.exec((error as Error).message) ?? [];
    return fail(`is no YAML or JSON${place && `: look ${place}`}`);
  }
  if (value === null || value === undefined || value === "") return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    fail("holds no names with values, such as KAFKA_SERVER: kafka");
  }
  return value as object;
}

/** A value as a variable would have it; a list as a comma list. */
function textOf(value: unknown): string | undefined {
  if (value === null) return "";
  if (Array.isArray(value)) {
    return value.every((each) => typeof each === "string") ? value.join(",") : undefined;
  }
  return typeof value === "string" ? value : undefined;
}
