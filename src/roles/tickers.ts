import type { RoleContext } from "../command/role.ts";
import { finnhubAccess } from "../finnhub/access.ts";
import { searchSymbols, type SymbolMatch } from "../finnhub/symbols.ts";
import type { FinnhubSettings } from "../settings/finnhub.ts";
import { visible } from "../telemetry/visible.ts";
import { SettingError } from "../settings/read_settings.ts";

/** Searches for symbols and prints them as a table or JSON; exit code 1 when there are none. */
export async function run(
  { print, settings, signal, words }: RoleContext<keyof FinnhubSettings | "json">,
): Promise<number> {
  const query = words.join(" ").trim();
  if (query === "") throw new SettingError("tickers needs a QUERY, such as: finnhub-pipe tickers apple");
  if (query.length > 200) throw new SettingError("tickers takes a QUERY of at most 200 characters");
  if (settings.finnhubApiToken === "") {
    throw new SettingError("FINNHUB_API_TOKEN is not set; get a token at finnhub.io");
  }
  const matches = await searchSymbols(query, {
    ...finnhubAccess(settings),
    random: Math.random,
    signal,
  });
  if (settings.json) print(JSON.stringify(matches, null, 2));
  else if (matches.length === 0) print(`no symbol matches ${JSON.stringify(query)}`);
  else for (const line of table(matches)) print(line);
  return matches.length === 0 ? 1 : 0;
}

/** Lines of aligned columns, the heading first; what a terminal would obey is escaped. */
export function table(matches: readonly SymbolMatch[]): string[] {
  const rows = [
    ["SYMBOL", "TYPE", "DESCRIPTION"],
    ...matches.map(({ description, symbol, type }) => [symbol, type, description]),
  ].map((row) => row.map((cell) => visible(cell).replace(/[\n\t]/g, " ")));
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map(([symbol, type, description]) =>
    `${symbol!.padEnd(widths[0]!)}  ${type!.padEnd(widths[1]!)}  ${description}`.trimEnd()
  );
}
