const OWN = new URL("conf/", import.meta.url);

/**
 * Reads conf/NAME and puts values in the place of its `${names}`.
 *
 * @param folder another folder than this one's conf/
 * @throws {RangeError} for a name without a value and for a value that the file does not use: a setting that has no
 * effect is a mistake
 */
export async function fillTemplate(
  name: string,
  values: Record<string, string | number>,
  folder: URL = OWN,
): Promise<string> {
  const template = await Deno.readTextFile(new URL(name, folder));
  const unused = new Set(Object.keys(values));
  const text = template.replaceAll(/\$\{(\w+)\}/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) throw new RangeError(`conf/${name} needs a value for ${key}`);
    unused.delete(key);
    return String(value);
  });
  if (unused.size > 0) throw new RangeError(`conf/${name} does not use ${[...unused].join(", ")}`);
  return text;
}

/** Path of a file in conf/ that is used as it is. */
export function confPath(name: string): string {
  return new URL(name, OWN).pathname;
}
