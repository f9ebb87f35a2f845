/** The fields of a line as RFC 4180 has them, without line breaks in a field; undefined when a quote is not closed. */
export function csvFields(line: string): string[] | undefined {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  if (!text.includes('"')) return text.split(",");
  const fields: string[] = [];
  // Sticky, so that no part of a long line is looked at twice.
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = field.exec(text);
    if (!match) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === "") return fields;
  }
}

/** What makes a spreadsheet take a text for a formula. */
const FORMULA = /^'*[=+\-@\t\r]/;

/** A text that no spreadsheet runs: an apostrophe is set before what it would take for a formula. */
export const harmless = (text: string): string => FORMULA.test(text) ? `'${text}` : text;

/** What {@linkcode harmless} was made of. */
export const asWritten = (text: string): string =>
  text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;

/** One line of fields, with its end. */
export function csvLine(fields: readonly (string | number | undefined)[]): string {
  return fields.map((field) => {
    const text = field === undefined ? "" : String(field);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join(",") + "\n";
}
