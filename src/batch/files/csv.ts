/**
 * The fields of a line as RFC 4180 has them, without line breaks in a field; undefined when a quote is not closed. Blanks around a
 * field count where it is quoted.
 */
export function csvFields(line: string): string[] | undefined {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  if (!text.includes('"')) return text.split(",").map((field) => field.trim());
  const fields: string[] = [];
  // Sticky, so that no part of a long line is looked at twice.
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = field.exec(text);
    if (!match) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2]!.trim());
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

/** A text for programs, as it is: but for what would be taken for one that was made {@linkcode harmless}. */
export const raw = (text: string): string => text === asWritten(text) ? text : `'${text}`;

/** Condition codes as one field: parted by `|`, which in a code has a backslash before it, as has a backslash. */
export const joinCodes = (codes: readonly string[]): string =>
  codes.map((code) => code.replaceAll(/[|\\]/g, "\\$&")).join("|");

/** The codes that {@linkcode joinCodes} has joined; empty ones are passed over. */
export function splitCodes(text: string): string[] {
  if (!text.includes("\\")) return text.split("|").filter((code) => code !== "");
  const codes = [""];
  for (const [part, escaped] of text.matchAll(/\\([^])|[^]/g)) {
    if (part === "|") codes.push("");
    else codes[codes.length - 1] += escaped ?? part;
  }
  return codes.filter((code) => code !== "");
}

/** One line of fields, with its end. */
export function csvLine(fields: readonly (string | number | undefined)[]): string {
  return fields.map((field) => {
    const text = field === undefined ? "" : String(field);
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join(",") + "\n";
}
