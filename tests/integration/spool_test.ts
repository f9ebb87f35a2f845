import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseError } from "../../src/embedded/database_error.ts";
import { FileSpool } from "../../src/embedded/spool.ts";
import { Backlog } from "../../src/publishing/backlog.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { integrationTest } from "../needs.ts";

const parcel = (i: number) => ({
  symbol: "IC MARKETS:1",
  trades: [{
    symbol: "IC MARKETS:1",
    price: 0.1 + i,
    volume: 1e-9,
    time: 1_767_225_600_000 + i,
    conditions: ["1", "é"],
  }],
  receivedAt: 1_767_225_600_500 + i,
});

async function withFolder(work: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

integrationTest(
  "a spool gives back to the last bit what it was given, in order, after it was opened anew",
  () =>
    withFolder((folder) => {
      const parcels = Array.from({ length: 20 }, (_, i) => parcel(i));
      {
        using spool = new FileSpool(`${folder}/deep/er`);
        const ids = spool.append(parcels);
        spool.remove(ids.slice(0, 5));
      }
      using spool = new FileSpool(`${folder}/deep/er`);
      assertEquals(spool.trades(), 15);
      const [first, ...rest] = spool.read(0, 100);
      assertEquals([first!, ...rest].map(({ parcel }) => parcel), parcels.slice(5));
      assertEquals(spool.read(first!.id, 2).map(({ parcel }) => parcel), parcels.slice(6, 8));
      const [next] = spool.append([parcel(99)]);
      assert(next! > rest.at(-1)!.id, "an id is given once");
    }),
);

integrationTest(
  "a spool keeps what is told of a feed, and gives back what nobody else waits behind",
  () =>
    withFolder((folder) => {
      const [from, receivedAt] = [1_767_225_600_000, 1_767_225_600_500];
      const span = { kind: "gap" as const, symbol: "IC MARKETS:1", from, why: "lost" };
      const told = { symbol: span.symbol, trades: [], span, receivedAt };
      {
        using spool = new FileSpool(folder);
        spool.append([told]);
      }
      using spool = new FileSpool(folder);
      const log = createLogger({ level: "error", format: "json", write: () => {}, now: () => 0 });
      const backlog = new Backlog({
        bufferTrades: 10,
        laneOf: () => "",
        onShed: () => {},
        spool,
        log,
        clock: () => 0,
      });
      assertEquals([backlog.size, backlog.empty], [0, false]);
      backlog.refill();
      const taken = backlog.take("", 10);
      assertEquals(taken, [told]);
      backlog.done(taken);
      assertEquals([backlog.empty, spool.read(0, 1)], [true, []]);
    }),
);

integrationTest(
  "a spool is for its user alone, follows no link, and serves one process",
  () =>
    withFolder(async (folder) => {
      const file = `${folder}/a/producer-spool.sqlite`;
      {
        using _spool = new FileSpool(`${folder}/a`);
        for (const name of [file, `${file}-wal`]) {
          assertEquals((await Deno.stat(name)).mode! & 0o777, 0o600, name);
        }
        assertEquals((await Deno.stat(`${folder}/a`)).mode! & 0o777, 0o700);
        assertThrows(
          () => new FileSpool(`${folder}/a`),
          DatabaseError,
          "used by another process",
        );
      }
      await Deno.writeTextFile(`${folder}/victim`, "untouched");
      for (const name of ["producer-spool.sqlite", "producer-spool.sqlite-wal"]) {
        await Deno.remove(`${folder}/b`, { recursive: true }).catch(() => {});
        await Deno.mkdir(`${folder}/b`);
        await Deno.symlink(`${folder}/victim`, `${folder}/b/${name}`);
        assertThrows(() => new FileSpool(`${folder}/b`), DatabaseError, "no file of its own");
      }
      assertEquals(await Deno.readTextFile(`${folder}/victim`), "untouched");
      await Deno.mkdir(`${folder}/c`);
      await Deno.writeTextFile(`${folder}/c/producer-spool.sqlite`, "no database ".repeat(100));
      assertThrows(
        () => new FileSpool(`${folder}/c`),
        DatabaseError,
        "cannot be used",
      );
    }),
);

integrationTest(
  "a spool of another program's making, or with more in it, is refused",
  () =>
    withFolder(async (folder) => {
      const { DatabaseSync } = await import("node:sqlite");
      const changes = [
        "CREATE VIEW spool(id, received, trades, frame) AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x, x, x, x FROM n",
        "CREATE TABLE spool (id, received, trades, frame)",
        "CREATE TABLE mine (x)",
      ];
      for (const change of changes) {
        const data = await Deno.makeTempDir({ dir: folder });
        const db = new DatabaseSync(`${data}/producer-spool.sqlite`);
        db.exec(change);
        db.close();
        assertThrows(() => new FileSpool(data), DatabaseError, "is no database of finnhub-pipe");
      }
    }),
);
