import { DatabaseError } from "./database_error.ts";

/** What SQLite keeps beside a database. */
const SUFFIXES = ["", "-wal", "-shm", "-journal"];

/**
 * The file of a database in a folder, both made when missing, for this user alone; SQLite gives what it keeps beside it the same rights.
 * A link in the place of any of them is refused: SQLite would follow it.
 *
 * @param setting the flag that names the folder
 * @throws {DatabaseError} when they cannot be made or used
 */
export function privateDatabaseFile(folder: string, name: string, setting: string): string {
  const file = `${folder}/${name}`;
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = SUFFIXES.filter((suffix) => isOwnFile(`${file}${suffix}`, setting));
    if (!found.includes("")) {
      // SQLite would make it readable for all.
      Deno.openSync(file, { createNew: true, write: true, mode: 0o600 }).close();
    }
    // Earlier versions left them so.
    for (const suffix of found) closeToOthers(`${file}${suffix}`);
  } catch (cause) {
    if (cause instanceof DatabaseError) throw cause;
    throw new DatabaseError(`${file} cannot be made or used; name another folder with ${setting}`, { cause });
  }
  return file;
}

/** Whether it is there; throws for what is no file of its own. */
function isOwnFile(path: string, setting: string): boolean {
  const found = stat(path);
  if (found !== undefined && !found.isFile) {
    throw new DatabaseError(
      `${path} is no file of its own; remove it, or name another folder with ${setting}`,
    );
  }
  return found !== undefined;
}

function closeToOthers(path: string): void {
  const mode = stat(path)?.mode;
  if (typeof mode === "number" && (mode & 0o077) !== 0) Deno.chmodSync(path, 0o600);
}

function stat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
