/**
 * Expands a query as Grafana and the Cassandra plugin do, one after the other: the plugin's front end has Grafana put in
 * the values of variables, in the format `csv`; its back end replaces the times, for queries with `rawQuery`
 * (HadesArchitect/GrafanaCassandraDatasource 3.1.0, `buildQueryParameters` and `applyTimeRange`).
 */

/** A dashboard's time range, milliseconds since the epoch. */
export interface TimeRange {
  from: number;
  to: number;
}

/** `$name`, `${name}`, `${name:format}` and `[[name]]`, as Grafana finds them. */
const VARIABLE = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?::([^}]+))?\}/g;

/** The names of variables that a text has. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(VARIABLE)].map(([, plain, square, , braces]) => (plain ?? square ?? braces)!);
}

/**
 * Puts in the values of variables. A name that is no variable stays as it is, which is how the plugin's own macros reach
 * its back end; what is put in is not looked at again.
 *
 * @throws {RangeError} for a format, none of which the dashboards need.
 */
export function withVariables(text: string, values: Record<string, string>): string {
  return text.replace(VARIABLE, (whole, plain, square, squareFormat, braces, format) => {
    if (squareFormat ?? format) throw new RangeError(`${whole} has a format, which is not expanded here`);
    return values[plain ?? square ?? braces] ?? whole;
  });
}

/** Replaces the plugin's macros of time. */
export function withTimes(text: string, { from, to }: TimeRange): string {
  const seconds = (ms: number) => String(Math.floor(ms / 1000));
  return text
    .replaceAll("$__timeFrom", String(from))
    .replaceAll("$__timeTo", String(to))
    .replaceAll("$__unixEpochFrom", seconds(from))
    .replaceAll("$__unixEpochTo", seconds(to));
}

/** The CQL that Cassandra gets for a panel's target. */
export const expand = (target: string, values: Record<string, string>, range: TimeRange): string =>
  withTimes(withVariables(target, values), range);
