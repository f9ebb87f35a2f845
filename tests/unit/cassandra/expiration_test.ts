import { assert, assertEquals } from "@std/assert";
import { lastExpiration, ttlFault } from "../../../src/cassandra/expiration.ts";
import type { Session } from "../../../src/cassandra/session.ts";

const NOW = Date.UTC(2026, 10, 26);
const DAY = 86_400;

const sessionOf = (rows: { get(): unknown }[] | Error) =>
  ({
    execute: () => rows instanceof Error ? Promise.reject(rows) : Promise.resolve({ rows }),
  }) as unknown as Session;

Deno.test("lastExpiration() is in 2038, but where the storage format is told to be the later one", async () => {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const mode = (value: string) => sessionOf([{ get: () => value }]);
  for (
    const session of [
      mode("CASSANDRA_4"),
      mode("UPGRADING"),
      sessionOf([]),
      sessionOf(new Error("no such table")),
    ]
  ) {
    assertEquals(day(await lastExpiration(session)), "2038-01-19");
  }
  assertEquals(day(await lastExpiration(mode("NONE"))), "2106-02-07");
});

Deno.test("ttlFault() refuses what ends after the last date, says so before it does, and names what is allowed", () => {
  const last = Date.UTC(2038, 0, 19, 3, 14, 6);
  for (const seconds of [0, 30 * DAY, 365 * DAY, 10 * 365 * DAY]) {
    assertEquals(ttlFault(seconds, NOW, last), undefined);
  }
  const { now, remedy, says } = ttlFault(12 * 365 * DAY, NOW, last)!;
  assert(now && says.includes("2038-01-19") && remedy.includes("storage_compatibility_mode"), says + remedy);
  const [, most] = /at most (\d+)d/.exec(remedy)!;
  assertEquals(ttlFault(Number(most) * DAY, NOW, last), undefined, "what is advised is taken");
  // A year is good until the year before, is warned of from October 2036 on, and refused from January 2037 on.
  const year = 365 * DAY;
  assertEquals(ttlFault(year, Date.UTC(2036, 9, 1), last), undefined);
  assertEquals(ttlFault(year, Date.UTC(2036, 11, 1), last)?.now, false);
  assertEquals(ttlFault(year, Date.UTC(2037, 1, 1), last)?.now, true);
  assertEquals(ttlFault(21 * year, NOW, Date.UTC(2106, 1, 7))?.now, true);
  assertEquals(ttlFault(19 * year, NOW, Date.UTC(2106, 1, 7)), undefined);
});
