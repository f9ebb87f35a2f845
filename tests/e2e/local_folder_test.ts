/** The tools of the batch layer on a folder of role `local`, beside the running role and without it. */
import { assertAlmostEquals, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Candle } from "../../src/market/reader.ts";
import type { Trade } from "../../src/market/trade.ts";
import { expectedCandles } from "../expected.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { frames, madeTrades } from "./batch.ts";
import { RunningRole, runToEnd } from "./role.ts";

const NO_TOKEN = { FINNHUB_API_TOKEN: "" };
const HOURS_AGO = ["--from", "48h", "--settle", "0"];

/** A line of an export of candles. */
type Row = Candle & { symbol: string; interval: string };

async function tool(...args: string[]) {
  return await runToEnd(args, NO_TOKEN);
}

async function exported<T>(...args: string[]): Promise<T[]> {
  const { code, stderr, stdout } = await tool("export", "--from", "48h", ...args);
  assertEquals(code, 0, stderr);
  return stdout.trimEnd().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as T);
}

function assertCandles(rows: readonly Row[], trades: readonly Trade[]): void {
  const expected = expectedCandles(trades);
  assertEquals(rows.length, [...expected.keys()].filter((key) => key.includes(" 1m ")).length);
  for (const { close, high, interval, low, open, start, symbol, trades: count, volume } of rows) {
    const right = expected.get(`${symbol} ${interval} ${start}`)!;
    assertEquals([open, high, low, close, count], [
      right.open,
      right.high,
      right.low,
      right.close,
      right.count,
    ]);
    assertAlmostEquals(volume, right.volume, 1e-6);
  }
}

integrationTest(
  "a folder of local is exported, checked, imported to and repaired, while it runs and after",
  async () => {
    const folder = await Deno.makeTempDir();
    const data = ["--data", `${folder}/data`];
    try {
      await using role = new RunningRole(
        "local",
        ["--listen", "127.0.0.1:0", ...data, "--symbols", "A,B", "--rate", "500", "--history", "0"],
        NO_TOKEN,
      );
      const stored = () => role.metric("finnhub_pipe_processor_trades_out_total");
      await until("trades to be stored", async () => await stored() > 1000 ? true : "not yet");

      const imported = madeTrades("OLD", 5000, 7);
      await Deno.writeTextFile(`${folder}/old.ndjson`, frames(imported));
      const before = await stored();
      const done = await tool("backfill", ...data, "--import", `${folder}/old.ndjson`, "--settle", "0");
      assertEquals(done.code, 0, done.stderr + done.stdout);
      assertStringIncludes(done.stdout, "5000 trade(s) of ");
      const candles = await exported<Row>(
        ...data,
        "--what",
        "candles",
        "--interval",
        "1m",
        "--symbols",
        "OLD",
      );
      assertCandles(candles, imported);
      await until("trades to be stored beside it", async () => await stored() > before ? true : "not yet");
      assertEquals((await role.readiness()).status, 200);

      const doctor = await tool("doctor", ...data, "--checks", "data");
      assertEquals(doctor.code, 0, doctor.stdout);
      assertMatch(doctor.stdout, /ok +data integrity +the file is whole/);
      assertMatch(doctor.stdout, /ok +data trades +the newest came \d s ago/);
      assertEquals((await role.stop()).code, 0, role.stderr);
      assertEquals(role.stderr.split("\n").filter((line) => /"level":"(warn|error)"/.test(line)), []);

      const path = `${folder}/data/finnhub-pipe.sqlite`;
      using database = new DatabaseSync(path);
      const trades = await exported<{ data: { s: string; t: number; p: number; v: number }[] }>(...data);
      const rows = database.prepare("SELECT symbol, trade_timestamp, price, volume FROM trades").all();
      const text = (values: readonly unknown[]) => JSON.stringify(values);
      assertEquals(
        trades.flatMap((frame) => frame.data.map(({ p, s, t, v }) => text([s, t, p, v]))).sort(),
        rows.map((row) => text(Object.values(row))).sort(),
      );

      assertEquals((await tool("backfill", "--check", ...data, ...HOURS_AGO)).code, 0);
      database.exec(
        "UPDATE candles SET high = high + 1, trade_count = trade_count - 1 WHERE symbol = 'A' AND interval = '1m'",
      );
      database.exec("DELETE FROM candles WHERE symbol = 'B' AND interval = '5s'");
      const wrong = await tool("backfill", "--check", ...data, ...HOURS_AGO);
      assertEquals(wrong.code, 1, wrong.stdout);
      assertMatch(wrong.stdout, /^[1-9]\d* difference\(s\)/m);
      for (let turn = 0; turn < 2; turn++) {
        const mended = await tool("backfill", "--repair", ...data, ...HOURS_AGO);
        assertEquals(mended.code, 0, mended.stdout);
      }
      const right = await tool("backfill", "--check", ...data, ...HOURS_AGO);
      assertMatch(right.stdout, /^0 difference\(s\)/m);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

integrationTest("a folder that local never had is named, and not made", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (
      const args of [["export", "--from", "1h"], ["backfill", "--check", "--from", "1h"], [
        "doctor",
        "--checks",
        "data",
      ]]
    ) {
      const { code, stderr, stdout } = await tool(...args, "--data", folder);
      assertEquals(code, 1, stderr);
      assertStringIncludes(
        stderr + stdout,
        "has no finnhub-pipe.sqlite; name the folder that finnhub-pipe local",
      );
    }
    assertEquals([...Deno.readDirSync(folder)], []);
    const { code, stderr } = await tool("doctor", "--checks", "data");
    assertEquals(code, 2);
    assertStringIncludes(stderr, "--checks data needs --data");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
