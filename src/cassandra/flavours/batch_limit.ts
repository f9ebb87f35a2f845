/** Writes of the most rows that are taken after which more are tried again: what was refused may have been large rows, not many. */
const TRUST = 1000;

/**
 * How many rows a write may have, learnt from what the server refuses. Cassandra bounds a write by its bytes; others, such as Amazon
 * Keyspaces, by the number of its statements.
 */
export class BatchLimit {
  #most = Infinity;
  #taken = 0;

  /** Rows of the next write, at most. */
  get most(): number {
    return this.#most;
  }

  /** A write of so many rows was refused as too large. */
  refused(rows: number): void {
    this.#most = Math.max(1, Math.min(this.#most, rows >> 1));
    this.#taken = 0;
  }

  /** A write of so many rows was taken. */
  taken(rows: number): void {
    if (rows < this.#most || ++this.#taken < TRUST) return;
    this.#most *= 2;
    this.#taken = 0;
  }
}

/**
 * Writes rows in their order, in parts that the server takes: what it refuses as too large is made in two, and remembered.
 *
 * @param isRefusal whether an error says that the write was too large
 * @throws what `write` throws for other reasons, or for a single row
 */
export async function writeWithin<Row>(
  limit: BatchLimit,
  rows: readonly Row[],
  write: (rows: readonly Row[]) => Promise<unknown>,
  isRefusal: (error: unknown) => boolean,
): Promise<void> {
  for (let at = 0; at < rows.length;) {
    const part = at === 0 && rows.length <= limit.most ? rows : rows.slice(at, at + limit.most);
    try {
      await write(part);
    } catch (error) {
      if (part.length < 2 || !isRefusal(error)) throw error;
      limit.refused(part.length);
      continue;
    }
    limit.taken(part.length);
    at += part.length;
  }
}
