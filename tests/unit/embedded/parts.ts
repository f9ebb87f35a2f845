import type { Database } from "../../../src/embedded/database.ts";
import { RefusedRows } from "../../../src/embedded/tables/refused_rows.ts";
import { SqliteStore } from "../../../src/embedded/tables/store.ts";
import { createLogger, type Logger } from "../../../src/telemetry/log.ts";
import { type Counter, MetricRegistry } from "../../../src/telemetry/metrics.ts";

/** A log whose lines can be looked at. */
export function heard(): { log: Logger; lines: { level: string; message: string }[] } {
  const lines: { level: string; message: string }[] = [];
  const log = createLogger({
    level: "debug",
    format: "json",
    write: (line) => lines.push(JSON.parse(line)),
    now: () => 0,
  });
  return { log, lines };
}

export function storeOf(
  database: Database,
  refused: Counter = new MetricRegistry().counter("refused", "of the test"),
): SqliteStore {
  return new SqliteStore(database, new RefusedRows({ database, refused, log: heard().log, now: () => 7 }));
}

/** Leaves a database room for so many pages more. */
export function leaveRoom(database: Database, pages: number): void {
  const [row] = database.all("PRAGMA page_count");
  database.all(`PRAGMA max_page_count = ${Number(row!.page_count) + pages}`);
}

export const count = (database: Database, table: string): number =>
  Number(database.all(`SELECT COUNT(*) AS n FROM ${table}`)[0]!.n);
