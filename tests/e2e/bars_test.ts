/** Bars by number of trades, volume and price × volume: on real servers over kills, by the batch layer, and in role `local`. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { type Bar, barsOf } from "../../src/market/bars.ts";
import { encodeMessage } from "../../src/market/message.ts";
import { hourOf } from "../../src/market/series.ts";
import type { Trade } from "../../src/market/trade.ts";
import { tradeOrigin } from "../../src/market/trade_id.ts";
import { expectedBars } from "../bar_expected.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { frames, madeTrades } from "./batch.ts";
import { Pipeline } from "./pipeline.ts";
import { RunningRole, runToEnd } from "./role.ts";
import { writeTopic } from "./topic.ts";

const services = await sharedServices();
const KINDS = [barsOf("tick", 7), barsOf("volume", 40), barsOf("dollar", 5000.5)];
const BARS = { BARS: "tick:7,volume:40,dollar:5000.5" };
const RANGE = ["--from", "48h", "--to", "now"];

/** Writes trades of one symbol, up to twelve a message: several bars may end in one. */
async function write(pipeline: Pipeline, trades: readonly Trade[]): Promise<void> {
  const messages: Uint8Array[] = [];
  for (let i = 0; i < trades.length; i += 12) messages.push(encodeMessage(trades.slice(i, i + 12)));
  await writeTopic(pipeline, messages, trades[0]!.symbol);
}

type Line = Bar & { symbol: string; series: string };

const byName = (rows: readonly Line[]) =>
  new Map(
    rows.map(({ close, high, hour, low, number, open, series, symbol, trades: count, turnover, volume }) => [
      `${symbol} ${series} ${hour + number}`,
      { open, high, low, close, volume, turnover, count },
    ]),
  );

async function exported(pipeline: Pipeline, kind: (typeof KINDS)[number]): Promise<Line[]> {
  const { code, stderr, stdout } = await runToEnd(
    ["export", "--what", "bars", "--bars", `${kind.measure}:${kind.size}`, ...RANGE],
    pipeline.env,
  );
  assertEquals(code, 0, stderr);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Line);
}

/** What `export` tells of every series, against plain code. */
async function assertBars(pipeline: Pipeline, trades: readonly Trade[]): Promise<void> {
  for (const kind of KINDS) {
    assertEquals(byName(await exported(pipeline, kind)), expectedBars(trades, [kind]));
  }
}

integrationTest(
  "bars equal plain code after kills, by the batch layer alone, and after an import moved them",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "bars", BARS);
    const trades = [...madeTrades("A", 9000, 3), ...madeTrades("B", 3000, 4)];
    const symbols = [...Map.groupBy(trades, ({ symbol }) => symbol).values()];
    for (let part = 0; part < 4; part++) {
      for (const own of symbols) {
        await write(
          pipeline,
          own.slice(own.length / 4 * part, own.length / 4 * (part + 1)),
        );
      }
      const processor = pipeline.start("processor", [
        "--flush-interval",
        "30ms",
        "--fetch-bytes",
        "2048",
        "--batch-rows",
        "5",
      ]);
      await processor.says(/processor started/);
      // In the midst of its work, each time further.
      if (part % 2 === 0) await pipeline.drained();
      else {
        await until(
          "some trades to be stored",
          async () =>
            await processor.metric("finnhub_pipe_processor_trades_out_total") > 100 ? true : "not yet",
        );
      }
      await processor.kill("SIGKILL");
    }
    const last = pipeline.start("processor");
    await pipeline.drained();
    await last.stop();
    await assertBars(pipeline, trades);
    const check = await runToEnd(["backfill", ...RANGE, "--check"], pipeline.env);
    assertEquals(check.code, 0, check.stdout + check.stderr);

    await using page = pipeline.start("dashboard", ["--listen", "127.0.0.1:0"]);
    const [url] = await page.says(/http:\/\/[\d.]+:\d+/);
    const from = hourOf(trades[0]!.time);
    const answer = await fetch(`${url}/api/bars?symbol=A&series=volume-40&from=${from}&limit=5`);
    const { bars } = await answer.json() as { bars: Bar[] };
    const all = (await exported(pipeline, KINDS[1]!)).filter(({ symbol }) => symbol === "A");
    assertEquals(
      bars.map(({ hour, number, trades }) => [hour, number, trades]),
      all.slice(-5).map(({ hour, number, trades }) => [hour, number, trades]),
    );

    await pipeline.session.execute("TRUNCATE bars");
    const repair = ["backfill", ...RANGE, "--repair", "--settle", "0"];
    const made = await runToEnd(repair, pipeline.env);
    assertEquals(made.code, 0, made.stdout + made.stderr);
    await assertBars(pipeline, trades);

    const folder = await Deno.makeTempDir();
    try {
      const imported: Trade = { ...trades[0]!, price: 77, volume: 33, conditions: [] };
      await Deno.writeTextFile(`${folder}/one.ndjson`, frames([imported]));
      const { code, stderr, stdout } = await runToEnd(
        ["backfill", "--import", `${folder}/one.ndjson`, "--settle", "0"],
        pipeline.env,
      );
      assertEquals(code, 0, stdout + stderr);
      await assertBars(pipeline, [imported, ...trades]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

integrationTest("bars that are added to a pipeline that runs begin right", async () => {
  await using pipeline = await Pipeline.setUp(services, "bars-added");
  const trades = madeTrades("A", 3000, 5).sort((a, b) => a.time - b.time);
  await write(pipeline, trades.slice(0, 2000));
  const before = pipeline.start("processor");
  await pipeline.drained();
  await before.stop();
  const { stdout } = await runToEnd(["setup"], { ...pipeline.env, ...BARS });
  assertStringIncludes(stdout, "series: tick-7, volume-40, dollar-5000.5 from now on");
  Object.assign(pipeline.env, BARS);
  await write(pipeline, trades.slice(2000));
  const after = pipeline.start("processor");
  await pipeline.drained();
  await after.stop();
  const touched = new Set(trades.slice(2000).map(({ time }) => hourOf(time)));
  const begun = trades.filter(({ time }) => touched.has(hourOf(time)));
  assert(begun.length > 1000);
  await assertBars(pipeline, begun);
});

integrationTest("local keeps bars over a kill, and they are those of its trades", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const args = [
      "--data",
      `${folder}/data`,
      "--symbols",
      "A,B",
      "--rate",
      "400",
      "--history",
      "1h",
      "--listen",
      "127.0.0.1:0",
    ];
    for (const signal of ["SIGKILL", "SIGTERM"] as const) {
      await using role = new RunningRole("local", args, { FINNHUB_API_TOKEN: "", ...BARS });
      await until(
        "trades to be stored",
        async () => await role.metric("finnhub_pipe_processor_trades_out_total") > 1500 ? true : "not yet",
      );
      await role.stop(signal);
    }
    const { code, stderr, stdout } = await runToEnd(
      ["backfill", "--data", `${folder}/data`, "--from", "3h", "--settle", "0", "--check"],
      BARS,
    );
    // What the killed one took and the last one has not read again is processed by now.
    assertEquals(code, 0, stdout + stderr);
    const file = [...Deno.readDirSync(`${folder}/data`)].find(({ name }) => name.endsWith(".sqlite"))!.name;
    using database = new DatabaseSync(`${folder}/data/${file}`, { readOnly: true });
    const trades = database.prepare("SELECT * FROM trades ORDER BY symbol, trade_timestamp, uuid").all()
      .map((row) => ({
        symbol: String(row.symbol),
        time: Number(row.trade_timestamp),
        price: Number(row.price),
        volume: Number(row.volume),
        conditions: [],
        origin: tradeOrigin(row.uuid as Uint8Array),
      }));
    // Imported ones, as the past is, stand first; a stable sort keeps them by time.
    trades.sort(({ origin: a }, { origin: b }) =>
      a.position - b.position || (a.partition < 0 ? 0 : a.index - b.index)
    );
    const wanted = expectedBars(trades, KINDS);
    const rows = database.prepare("SELECT * FROM bars").all();
    assertEquals(rows.length, wanted.size);
    for (const row of rows) {
      const want = wanted.get(`${row.symbol} ${row.series} ${Number(row.hour) + Number(row.number)}`)!;
      const { close, high, low, open, trade_count: count, turnover, volume } = row;
      assertEquals({ open, high, low, close, volume, turnover, count } as unknown, want);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
