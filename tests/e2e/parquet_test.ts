import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { sharedServices } from "../services/shared.ts";
import { backfill, byTime, frames, HOUR, madeTrades, MIDNIGHT } from "./batch.ts";
import { Pipeline } from "./pipeline.ts";
import { pythonPackages } from "./python.ts";
import { runToEnd } from "./role.ts";

const services = await sharedServices();
const SCRIPT = new URL("parquet_peer.py", import.meta.url).pathname;
const READERS = ["duckdb", "pandas"] as const;

type Row = Record<string, unknown>;

/** What another program reads of a file or folder, in a fixed order. */
async function read(reader: typeof READERS[number], place: string): Promise<Row[]> {
  const packages = await pythonPackages("duckdb==1.4.1", "pandas==2.3.3", "pyarrow==21.0.0");
  const { code, stderr, stdout } = await new Deno.Command("python3", {
    args: [SCRIPT, reader, place],
    env: { PYTHONPATH: packages },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  return sorted(lines.map((line) => JSON.parse(line) as Row));
}

const sorted = (rows: readonly Row[]): Row[] => {
  const key = (row: Row) =>
    JSON.stringify([row.symbol, row.time ?? row.start ?? row.end, row.price, row.volume]);
  return rows.toSorted((a, b) => key(a) < key(b) ? -1 : 1);
};

integrationTest(
  "DuckDB and pandas read each exported row from Parquet, from one file and by symbol and day",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using pipeline = await Pipeline.setUp(services, "parquet");
      const odd = "BINANCE:A.B/../C D";
      const trades: Trade[] = byTime([...madeTrades("X", 3000, 1), ...madeTrades(odd, 500, 2)]);
      await Deno.writeTextFile(`${folder}/trades.ndjson`, frames(trades));
      assertEquals(
        (await backfill(pipeline, ["--import", `${folder}/trades.ndjson`, "--settle", "0"])).code,
        0,
      );
      const range = ["--from", new Date(MIDNIGHT - 2 * HOUR).toISOString(), "--format", "parquet"];
      const run = async (...args: string[]) => {
        const { code, stderr } = await runToEnd(["export", ...range, ...args], pipeline.env);
        assertEquals(code, 0, stderr);
      };
      const wanted = sorted(trades.map(({ conditions, price, symbol, time, volume }) => ({
        symbol,
        time,
        price,
        volume,
        conditions,
      })));

      await run("--out", `${folder}/trades.parquet`);
      await run("--out", `${folder}/parts/`);
      // Each partition is made anew, and none twice.
      await run("--out", `${folder}/parts/`);
      for (const reader of READERS) {
        for (const place of [`${folder}/trades.parquet`, `${folder}/parts`]) {
          const rows = (await read(reader, place)).map(({ conditions, price, symbol, time, volume }) => ({
            symbol,
            time,
            price,
            volume,
            conditions,
          }));
          assertEquals(rows, wanted, `${reader} of ${place}`);
        }
      }
      const symbols = [...Deno.readDirSync(`${folder}/parts`)].map(({ name }) => name).sort();
      assertEquals(symbols, ["symbol=BINANCE%3AA%2EB%2F%2E%2E%2FC%20D", "symbol=X"]);

      await run("--what", "candles", "--interval", "1m", "--out", `${folder}/candles.parquet`);
      const { stdout } = await runToEnd(
        [
          "export",
          "--what",
          "candles",
          "--interval",
          "1m",
          "--from",
          new Date(MIDNIGHT - 2 * HOUR).toISOString(),
        ],
        pipeline.env,
      );
      const candles = sorted(stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Row));
      assert(candles.length > 20);
      for (const reader of READERS) {
        assertEquals(
          await read(reader, `${folder}/candles.parquet`),
          candles,
          reader,
        );
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

integrationTest(
  "a folder is for Parquet, and one that cannot be made is said before servers are asked",
  async () => {
    const env = { CASSANDRA_PORT: "1" };
    const csv = await runToEnd(["export", "--from", "1h", "--format", "csv", "--out", "x/"], env);
    assertEquals(csv.code, 2);
    assertStringIncludes(csv.stderr, "a folder is for --format parquet");
    const nowhere = await runToEnd(
      ["export", "--from", "1h", "--format", "parquet", "--out", "/proc/x/"],
      env,
    );
    assertEquals(nowhere.code, 2);
    assertStringIncludes(nowhere.stderr, "cannot be written");
  },
);
