import { symbolFault } from "../market/symbol.ts";
import { errorText } from "../telemetry/log.ts";
import type { Database } from "./database.ts";

/** As many as a page may add. */
const MAX_FOLLOWED = 500;

/** Symbols that were added on the page; they are followed after a restart too. */
export class FollowedSymbols {
  constructor(readonly database: Database) {}

  /** The first 500; what is no symbol is passed over. */
  all(): string[] {
    const rows = this.database.all(
      "SELECT symbol FROM followed_symbols ORDER BY symbol LIMIT ?",
      MAX_FOLLOWED + 1,
    );
    if (rows.length > MAX_FOLLOWED) {
      this.database.passOver(`more than ${MAX_FOLLOWED} rows of followed_symbols`);
    }
    return rows.slice(0, MAX_FOLLOWED).flatMap(({ symbol }) => {
      if (typeof symbol === "string" && symbolFault(symbol) === undefined) return [symbol];
      this.database.passOver("a row of followed_symbols");
      return [];
    });
  }

  /** @throws {RangeError} when it cannot be kept; the message may be shown. */
  add(symbol: string): void {
    try {
      this.database.run("INSERT OR IGNORE INTO followed_symbols VALUES (?)", symbol);
    } catch (error) {
      throw new RangeError(`the symbol cannot be kept: ${errorText(error)}`, { cause: error });
    }
  }
}
