import { sqliteAnswer } from "./answers.ts";

/** A database that cannot be opened or used; the message names the file and the remedy. */
export class DatabaseError extends Error {
  override name = "DatabaseError";

  /**
   * What is wrong with a file that cannot be opened.
   *
   * @param setting the flag that names its folder
   */
  static ofOpening(file: string, setting: string, cause: unknown): DatabaseError {
    if (cause instanceof DatabaseError) return cause;
    const { name, remedy } = sqliteAnswer(cause);
    const why = name === "BUSY"
      ? "is used by another process; stop that, or name another folder"
      : `cannot be used${remedy === undefined ? "" : `; ${remedy}`}`;
    return new DatabaseError(`${file} ${why} (see ${setting})`, { cause });
  }
}
