import { type Setting, type SettingName, SETTINGS, type Settings } from "./settings.ts";

/** A setting that cannot be used. The message is one line: what, and how to mend it. */
export class SettingError extends Error {
  override name = "SettingError";
}

export interface SettingSources {
  /** Values of flags that were given, by flag name; an empty string for a flag given without a value. */
  flags: Readonly<Record<string, string>>;
  env(name: string): string | undefined;
  file?: { path: string; values: ReadonlyMap<string, string> } | undefined;
  /** Decides among a setting's defaults. */
  role: string;
}

/**
 * Reads the named settings: flags over environment over file over defaults. An empty variable counts as absent, in the file too.
 *
 * @throws {SettingError} for the first value that cannot be parsed.
 */
export function readSettings<K extends SettingName>(
  names: readonly K[],
  sources: SettingSources,
): Pick<Settings, K> {
  const entries = names.map((
    name,
  ) => [name, readSetting<unknown>(SETTINGS[name] as Setting<unknown>, sources)]);
  return Object.fromEntries(entries) as Pick<Settings, K>;
}

function readSetting<T>(setting: Setting<T>, { flags, env, file, role }: SettingSources): T {
  const flag = setting.flag === undefined ? undefined : flags[setting.flag];
  const variable = env(setting.env) || undefined;
  const inFile = file?.values.get(setting.env) || undefined;
  const text = flag ?? variable ?? inFile ?? defaultText(setting, role);
  try {
    return setting.parse(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const named = variable === undefined && inFile !== undefined
      ? `${setting.env} of ${file!.path}`
      : setting.env;
    const source = flag !== undefined ? `--${setting.flag}` : named;
    // A URL that is refused because it has a password must not show it.
    const open = withoutLogin(text);
    const shown = setting.secret ? "" : ` (it is ${JSON.stringify(open.slice(0, 80))})`;
    throw new SettingError(`${source} must be ${error.message}${shown}`);
  }
}

/** A URL, or any text, without the user and password that it may hold. */
export function withoutLogin(text: string): string {
  const [from, to] = [text.indexOf("//"), text.lastIndexOf("@")];
  return from < 0 || to < from ? text : `${text.slice(0, from)}//…${text.slice(to)}`;
}

/** The default of a setting for one role. */
export function defaultText(setting: Setting<unknown>, role: string): string {
  return setting.defaults?.[role] ?? setting.default;
}

/** Whether a flag may stand alone: its setting is true or false. */
export function isSwitch(setting: Setting<unknown>): boolean {
  return setting.default === "false";
}

/** The values of all secrets that are set, by their variables, for redaction. */
export function secretValues(env: (name: string) => string | undefined): Record<string, string> {
  const set = Object.values(SETTINGS as Record<string, Setting<unknown>>)
    .filter(({ env: name, secret }) => secret && env(name))
    .map(({ env: name }) => [name, env(name)!]);
  return Object.fromEntries(set);
}
