import type { Database } from "./database.ts";

/** Symbols that were added on the page; they are followed after a restart too. */
export class FollowedSymbols {
  constructor(readonly database: Database) {}

  all(): string[] {
    return this.database.all("SELECT symbol FROM followed_symbols ORDER BY symbol").map(({ symbol }) =>
      String(symbol)
    );
  }

  add(symbol: string): void {
    this.database.prepare("INSERT OR IGNORE INTO followed_symbols VALUES (?)").run(symbol);
  }
}
