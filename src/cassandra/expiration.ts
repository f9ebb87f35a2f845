import type { Session } from "./session.ts";

/** Last dates that a row can expire at, milliseconds: of the storage format that Cassandra 4 reads, and of the later one. */
const LAST = { old: 2_147_483_646_000, late: 4_294_967_293_000 };
/** Longest time to live of any Cassandra, seconds: 20 years. */
const LONGEST_S = 630_720_000;
const DAY_S = 86_400;
/** How long before its end a time to live is worth a word, seconds. */
const SOON_S = 90 * DAY_S;

/** The last date that rows of this Cassandra can expire at, milliseconds. A write that would expire later is refused. */
export async function lastExpiration(session: Session): Promise<number> {
  try {
    // A virtual table, from Cassandra 4.0 on; the setting is there from 5.0 on.
    const { rows } = await session.execute(
      "SELECT value FROM system_views.settings WHERE name = 'storage_compatibility_mode'",
      [],
      { prepare: false },
    );
    return String(rows[0]?.get("value")).toUpperCase() === "NONE" ? LAST.late : LAST.old;
  } catch {
    return LAST.old;
  }
}

export interface TtlFault {
  /** Whether writes are refused already, and not only soon. */
  now: boolean;
  says: string;
  remedy: string;
}

/**
 * What is wrong with a time to live; undefined when nothing is.
 *
 * @param seconds 0 for ever
 * @param last {@linkcode lastExpiration}
 */
export function ttlFault(seconds: number, nowMs: number, last: number): TtlFault | undefined {
  const left = Math.floor((last - nowMs) / 1000);
  if (seconds === 0 || (seconds <= LONGEST_S && seconds + SOON_S <= left)) return undefined;
  const now = seconds > LONGEST_S || seconds > left;
  const most = Math.max(0, Math.floor(Math.min(LONGEST_S, left - SOON_S) / DAY_S));
  const date = new Date(last).toISOString().slice(0, 10);
  const days = `${Math.round(seconds / DAY_S)} d`;
  const says = seconds > LONGEST_S
    ? `${days} is longer than the 20 years that Cassandra takes`
    : `${days} ends after ${date}, the last date of this Cassandra: ${
      now ? "it refuses every write" : "it will soon refuse every write"
    }`;
  const later = last === LAST.old
    ? ", or storage_compatibility_mode: NONE in cassandra.yaml of every node"
    : "";
  return { now, says, remedy: `set at most ${most}d, or 0 for ever${later}` };
}
