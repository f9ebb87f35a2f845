import type { Check, Finding } from "../doctor/finding.ts";
import type { Database } from "./database.ts";
import { openFolder } from "./folder.ts";

export interface FolderCheckOptions {
  folder: string;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Largest file that is read whole, bytes: a second or two for each GB. */
const READ_WHOLE = 4_000_000_000;
/** Rows that are counted at most. */
const COUNTED = 100_000;

/** Whether the folder of role `local` can be used, is whole, and holds nothing that was put aside. */
export function folderCheck({ folder, now }: FolderCheckOptions): Check {
  return {
    name: "data",
    remedy: "name with --data the folder that finnhub-pipe local --data keeps its data in",
    run: () => {
      using database = openFolder(folder);
      const bytes = Deno.statSync(database.file).size;
      return Promise.resolve([
        { subject: "data folder", state: "ok", says: `${folder}, ${(bytes / 1e6).toFixed(1)} MB` },
        wholeness(database, bytes),
        tradesIn(database, now()),
        waiting(database),
        putAside(database, "dead_letters", "dead letters", "messages that could not be read"),
        putAside(database, "refused_rows", "refused rows", "rows that the database refuses"),
      ]);
    },
  };
}

function wholeness(database: Database, bytes: number): Finding {
  const subject = "data integrity";
  if (bytes > READ_WHOLE) {
    return {
      subject,
      state: "skipped",
      says: "the file is large; sqlite3's PRAGMA integrity_check reads it whole",
    };
  }
  const [row] = database.all("PRAGMA quick_check(1)");
  const says = String(row?.quick_check);
  return says === "ok" ? { subject, state: "ok", says: "the file is whole" } : {
    subject,
    state: "failed",
    says,
    remedy: "restore the folder from a copy, or name another one; see the system's log for a broken disk",
  };
}

function tradesIn(database: Database, now: number): Finding {
  const subject = "data trades";
  const [row] = database.all("SELECT MAX(ingest_timestamp) AS newest FROM trades");
  if (typeof row?.newest !== "number") return { subject, state: "ok", says: "none yet" };
  const seconds = Math.max(0, Math.round((now - row.newest) / 1000));
  return { subject, state: "ok", says: `the newest came ${seconds} s ago` };
}

/** Messages that the log has and no table yet. */
function waiting(database: Database): Finding {
  const subject = "data log";
  const [row] = database.all("SELECT SUM(next_offset - committed) AS lag FROM log_partitions");
  const lag = Number(row?.lag ?? 0);
  return { subject, state: "ok", says: `${lag} messages are not processed yet` };
}

function putAside(database: Database, table: string, subject: string, what: string): Finding {
  const [row] = database.all(`SELECT COUNT(*) AS count FROM (SELECT 1 FROM ${table} LIMIT ${COUNTED})`);
  const count = Number(row?.count);
  if (count === 0) return { subject, state: "ok", says: "none" };
  return {
    subject,
    state: "warning",
    says: `${count === COUNTED ? `at least ${count}` : count} ${what}`,
    remedy: `look at them: sqlite3 ${database.file} 'SELECT * FROM ${table} LIMIT 10'`,
  };
}
