/**
 * The sum of a metric over all its labels, from Prometheus' text format; 0 when it is not there.
 *
 * @param name letters, digits and underscores
 */
export function metricSum(text: string, name: string): number {
  let total = 0;
  for (const line of text.split("\n")) {
    if (!line.startsWith(name)) continue;
    const [, value] = /^(?:\{[^}]*\})? (\S+)$/.exec(line.slice(name.length)) ?? [];
    if (value !== undefined) total += Number(value);
  }
  return total;
}

/** The values of a metric's one label, over its series, from Prometheus' text format. */
export function metricLabels(text: string, name: string, label: string): string[] {
  const begin = `${name}{${label}="`;
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith(begin)) return [];
    const [, value] = /^((?:[^"\\]|\\.)*)"/.exec(line.slice(begin.length)) ?? [];
    return value === undefined
      ? []
      : [value.replaceAll(/\\(.)/g, (_, escaped: string) => escaped === "n" ? "\n" : escaped)];
  });
}
