import { DatabaseSync } from "node:sqlite";
import { Database, type DatabaseOptions } from "./database.ts";
import { DatabaseError } from "./database_error.ts";
import { privateDatabaseFile } from "./private_files.ts";

const DATABASE = "finnhub-pipe.sqlite";
const LOCK = "finnhub-pipe.lock";
const FLAG = "--data";

/** A folder's database, and what keeps other owners away until it is disposed of. */
export interface OwnedFolder {
  file: string;
  lock: Disposable;
}

/**
 * Takes a folder for this process: two would append to one log without knowing of each other. A lock of SQLite's ends with the
 * process, however that ends.
 *
 * @throws {DatabaseError} when it cannot be used, or another process has it
 */
export function ownFolder(folder: string): OwnedFolder {
  const file = privateDatabaseFile(folder, DATABASE, FLAG);
  const path = privateDatabaseFile(folder, LOCK, FLAG);
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(path);
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock?.close();
    throw DatabaseError.ofOpening(path, FLAG, cause);
  }
  const held = lock;
  return { file, lock: { [Symbol.dispose]: () => held.close() } };
}

/**
 * Opens the database of a folder beside the process that owns it, if there is one.
 *
 * @throws {DatabaseError} when the folder has none, or it cannot be used
 */
export function openFolder(folder: string, options: DatabaseOptions = {}): Database {
  try {
    Deno.statSync(`${folder}/${DATABASE}`);
  } catch (cause) {
    throw new DatabaseError(
      `${FLAG}: ${folder} has no ${DATABASE}; name the folder that finnhub-pipe local ${FLAG} keeps its data in`,
      { cause },
    );
  }
  return new Database(privateDatabaseFile(folder, DATABASE, FLAG), { ...options, migrates: false });
}
