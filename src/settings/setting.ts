/** One setting: where it comes from, what it means, and how its text becomes a value. */
export interface Setting<T> {
  /** Command-line flag without dashes; none for a secret, which arguments would show to every user. */
  flag?: string;
  /** Environment variable. */
  env: string;
  /** Text that is parsed when neither flag nor variable is given; empty when there is no default. */
  default: string;
  /** Defaults that differ by role. */
  defaults?: Partial<Record<string, string>>;
  meaning: string;
  /** A secret's value never appears in help, errors or logs. */
  secret?: true;
  /** Throws a RangeError that completes "must be …". */
  parse(text: string): T;
}

/** Lets the compiler find out the type of the value. */
export const setting = <T>(definition: Setting<T>): Setting<T> => definition;

/** The parsed values of some settings, by their names. */
export type Values<S extends Record<string, Setting<unknown>>, K extends keyof S = keyof S> = {
  [Name in K]: ReturnType<S[Name]["parse"]>;
};
