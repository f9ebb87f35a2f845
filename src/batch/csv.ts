/** The fields of a line as RFC 4180 has them, without line breaks in a field; undefined when a quote is not closed. */
export function csvFields(line: string): string[] | undefined {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  if (!text.includes('"')) return text.split(",");
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const match = /^(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/.exec(text.slice(at));
    if (!match) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    at += match[0].length;
    if (match[3] === "") return fields;
  }
}

/** One line of fields, with its end. A text that a spreadsheet would run as a formula stays as it is. */
export function csvLine(fields: readonly (string | number | undefined)[]): string {
  return fields.map((field) => {
    const text = field === undefined ? "" : String(field);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join(",") + "\n";
}
