/**
 * Sets values in the text of a properties file.
 *
 * @throws {RangeError} for a key that the file does not have: the file shows all that is set.
 */
export function setProperties(text: string, values: Record<string, string | number>): string {
  const lines = text.split("\n");
  for (const [key, value] of Object.entries(values)) {
    const at = lines.findIndex((line) => line.startsWith(`${key}=`));
    if (at < 0) throw new RangeError(`the file has no ${key}`);
    lines[at] = `${key}=${value}`;
  }
  return lines.join("\n");
}

/** The text of a properties file without some of its keys. */
export const withoutProperties = (text: string, keys: readonly string[]): string =>
  text.split("\n").filter((line) => !keys.some((key) => line.startsWith(`${key}=`))).join("\n");

/** The keys of a properties file that begin a line. */
export const keysOf = (text: string): string[] =>
  text.split("\n").flatMap((line) => /^([a-z][^=\s]*)=/.exec(line)?.[1] ?? []);
