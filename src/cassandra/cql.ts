/** Splits CQL at its semicolons, minding quotes and comments; comments and empty statements are left out. */
export function statements(cql: string): string[] {
  const found: string[] = [];
  let current = "";
  const tokens = cql.matchAll(/--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|;|[\s\S]/g);
  for (const [token] of tokens) {
    if (token === ";") {
      found.push(current.trim());
      current = "";
    } else if (!/^(--|\/\/|\/\*)/.test(token)) current += token;
  }
  return [...found, current.trim()].filter((statement) => statement !== "");
}
