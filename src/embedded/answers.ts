/**
 * What an error of SQLite is answered with. `again`: hold what was taken, try again, and say so once a minute. `letter`: this row
 * is refused for ever; put it aside, count it, go on. `end`: only a person can help; the role ends with the message and exit
 * code 1. `done`: no failure.
 */
export type SqliteAnswer = "again" | "letter" | "end" | "done";

export interface SqliteRow {
  /** As sqlite3.h names it, without the prefix. */
  name: string;
  answer: SqliteAnswer;
  /** What a person can do, where somebody can. */
  remedy?: string;
}

const ROOM = "make room on the disk of the folder";
const DISK = "see the system's log: the disk of the folder may be broken or away";
const RESTORE = "restore the folder from a copy, or name another one";
const RIGHTS = "let this user write to the folder and its files";
const LOCKED = "stop the other process that uses the folder";
const VERSION = "use the version of finnhub-pipe that made the folder, or name another one";

/** Every primary result code, and its text in English. Source: https://sqlite.org/rescode.html and sqlite3_errstr. */
const ROWS: readonly [code: number, name: string, text: string, answer: SqliteAnswer, remedy?: string][] = [
  [0, "OK", "not an error", "done"],
  [1, "ERROR", "SQL logic error", "end", VERSION],
  [2, "INTERNAL", "internal error", "end", VERSION],
  [3, "PERM", "access permission denied", "end", RIGHTS],
  [4, "ABORT", "query aborted", "again"],
  [5, "BUSY", "database is locked", "again", LOCKED],
  [6, "LOCKED", "database table is locked", "again"],
  [7, "NOMEM", "out of memory", "again", "give the process more memory"],
  [8, "READONLY", "attempt to write a readonly database", "end", RIGHTS],
  [9, "INTERRUPT", "interrupted", "again"],
  [10, "IOERR", "disk I/O error", "again", DISK],
  [11, "CORRUPT", "database disk image is malformed", "end", RESTORE],
  [12, "NOTFOUND", "unknown operation", "end", VERSION],
  [13, "FULL", "database or disk is full", "again", ROOM],
  [
    14,
    "CANTOPEN",
    "unable to open database file",
    "again",
    "see the rights of the folder and the limit of open files",
  ],
  [15, "PROTOCOL", "locking protocol", "again", LOCKED],
  [16, "EMPTY", "table contains no data", "end", VERSION],
  [17, "SCHEMA", "database schema has changed", "again"],
  [18, "TOOBIG", "string or blob too big", "letter"],
  [19, "CONSTRAINT", "constraint failed", "letter"],
  [20, "MISMATCH", "datatype mismatch", "letter"],
  [21, "MISUSE", "bad parameter or other API misuse", "end", VERSION],
  [22, "NOLFS", "large file support is disabled", "end", "use a file system that holds large files"],
  [23, "AUTH", "authorization denied", "end", VERSION],
  [24, "FORMAT", "auxiliary database format error", "end", RESTORE],
  [25, "RANGE", "column index out of range", "end", VERSION],
  [26, "NOTADB", "file is not a database", "end", RESTORE],
  [27, "NOTICE", "notification message", "done"],
  [28, "WARNING", "warning message", "done"],
  [100, "ROW", "another row available", "done"],
  [101, "DONE", "no more rows available", "done"],
];

/** By primary result code. */
export const SQLITE_ANSWERS: ReadonlyMap<number, SqliteRow> = new Map(
  ROWS.map((
    [code, name, , answer, remedy],
  ) => [code, { name, answer, ...(remedy !== undefined && { remedy }) }]),
);

/** To what SQLite did not answer: a fault of ours, or content that is not ours. */
const UNKNOWN: SqliteRow = { name: "UNKNOWN", answer: "end", remedy: RESTORE };

/** What to do about an error of `node:sqlite`, or one that it is the cause of. */
export function sqliteAnswer(error: unknown): SqliteRow {
  const code = codeOf(error);
  return code === undefined ? UNKNOWN : SQLITE_ANSWERS.get(code) ?? UNKNOWN;
}

function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errcode } = error as Error & { errcode?: unknown };
  // The low byte of an extended code is the primary one.
  if (typeof errcode === "number") return errcode & 0xff;
  // Scripts of several statements fail with the text alone.
  return ROWS.find(([, , text]) => error.message === text)?.[0] ?? codeOf(error.cause);
}
