/** Tables in documents that are made from the code, and how they are compared with it. */

/** Where in a document a table stands: between two comments. */
export interface Place {
  begin: string;
  end: string;
}

/**
 * A document with a table in its place.
 *
 * @throws {RangeError} when the document has no place for it.
 */
export function withTable(document: string, { begin, end }: Place, table: string): string {
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new RangeError(`${begin} … ${end} is missing`);
  return `${document.slice(0, from)}${begin}\n\n${table}\n\n${document.slice(to)}`;
}

/**
 * The rows by which a document's table differs from the right one, `-` before a row that is too many, `+` before one that is
 * missing; empty when all are equal. How the columns are filled up does not count.
 */
export function rowDifference(document: string, right: string, { begin, end }: Place): string[] {
  const [have, want] = [document, right].map((text) =>
    rows(text.slice(text.indexOf(begin), text.indexOf(end)))
  );
  const surplus = have!.filter((row) => !want!.includes(row)).map((row) => `- ${row}`);
  const lacking = want!.filter((row) => !have!.includes(row)).map((row) => `+ ${row}`);
  if (surplus.length + lacking.length > 0) return [...surplus, ...lacking];
  const at = Array.from({ length: Math.max(have!.length, want!.length) }, (_, i) => i)
    .find((i) => have![i] !== want![i]);
  if (at === undefined) return [];
  return [`row ${at + 1} stands in the wrong place:`, `- ${have![at] ?? ""}`, `+ ${want![at] ?? ""}`];
}

/**
 * Holds that a document's table is the right one.
 *
 * @param command what makes the table again
 * @throws {Error} with the rows that differ.
 */
export function assertSameTable(
  name: string,
  document: string,
  right: string,
  place: Place,
  command = "make readme",
): void {
  const difference = rowDifference(document, right, place);
  if (difference.length === 0) return;
  throw new Error(
    [`the table in ${name} is not what the code makes of it; run ${command}:`, ...difference].join("\n"),
  );
}

function rows(text: string): string[] {
  return text.split("\n").filter((line) => line.startsWith("|")).map((line) =>
    line.replaceAll(/ *(?<!\\)\| */g, " | ").replaceAll(/-{3,}/g, "---").trim()
  );
}
