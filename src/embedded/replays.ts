import { createHash } from "node:crypto";
import type { Mark } from "../publishing/outgoing_message.ts";
import type { Database } from "./database.ts";

/** A recording by what it holds: a file of another name may be the same. */
export interface Recording {
  sha256: string;
  /** Bytes. */
  size: number;
}

/** Reads a file to know it again. */
export async function recordingOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Recording> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest("hex"), size };
}

/** How far recordings are in the log of a database. */
export class Replays {
  constructor(readonly database: Database) {}

  /** The mark of the last message that the log has; nothing for a recording that it does not know. */
  markOf({ sha256, size }: Recording): Mark {
    const [row] = this.database.all(
      "SELECT frames, parcels FROM replays WHERE sha256 = ? AND size = ?",
      sha256,
      size,
    );
    if (row === undefined) return { frames: 0, parcels: 0 };
    const { frames, parcels } = row;
    if (!isCount(frames) || !isCount(parcels)) throw this.database.fail("how far a recording is in the log");
    return { frames, parcels };
  }

  /** Keeps how far it is; to be called in the transaction that appends the message. */
  keep({ sha256, size }: Recording, { frames, parcels }: Mark): void {
    this.database.run(
      "INSERT OR REPLACE INTO replays (sha256, size, frames, parcels) VALUES (?, ?, ?, ?)",
      sha256,
      size,
      frames,
      parcels,
    );
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
