import { DatabaseSync } from "node:sqlite";
import { DatabaseError } from "./database_error.ts";

/** Keeps what a file's schema holds from calling functions. */
export const DISTRUST = "PRAGMA trusted_schema = OFF";

/** Objects of ours are fewer, and their texts shorter; more is not looked at. */
const MAX_OBJECTS = 200;
const MAX_TEXT = 10_000;

/**
 * Compares what a file defines with what our scripts make of a new one. A view in place of a table, a trigger or a changed column
 * would run, or never end, as soon as it is used.
 *
 * @param setting the flag that names its folder
 * @throws {DatabaseError} for a file that is not as ours are
 */
export function assertOwnSchema(
  db: DatabaseSync,
  file: string,
  setting: string,
  scripts: readonly string[],
): void {
  const own = new DatabaseSync(":memory:");
  try {
    for (const script of scripts) own.exec(script);
    const [wanted, found] = [objectsOf(own), objectsOf(db)];
    const foreign = found.find((object) => !wanted.includes(object)) ??
      wanted.find((object) => !found.includes(object));
    if (foreign === undefined) return;
    const [type, name] = JSON.parse(foreign) as [string, string];
    throw new DatabaseError(
      `${file} is no database of finnhub-pipe, or was changed by another program (${type} ${
        name.slice(0, 64)
      }); name another folder with ${setting}`,
    );
  } finally {
    own.close();
  }
}

const objectsOf = (db: DatabaseSync): string[] =>
  db.prepare(
    "SELECT type, name, tbl_name, substr(sql, 1, ?) AS sql FROM sqlite_master ORDER BY type, name LIMIT ?",
  ).all(MAX_TEXT, MAX_OBJECTS).map(({ name, sql, tbl_name, type }) =>
    JSON.stringify([type, name, tbl_name, sql])
  );
