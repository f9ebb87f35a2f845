/**
 * The sum of a metric over all its labels, from Prometheus' text format; 0 when it is not there.
 *
 * @param name letters, digits and underscores
 */
export function metricSum(text: string, name: string): number {
  const values = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"));
  return [...values].reduce((total, [, value]) => total + Number(value), 0);
}
