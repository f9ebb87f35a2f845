import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Database } from "../../src/embedded/database.ts";
import { decodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import { expectedAverages, expectedCandles, type ExpectedWindow } from "../expected.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { RunningRole, runToEnd } from "./role.ts";

const NO_TOKEN = { FINNHUB_API_TOKEN: "" };
const local = (args: string[], env: Record<string, string> = NO_TOKEN) =>
  new RunningRole("local", ["--listen", "127.0.0.1:0", ...args], env);

/** Every trade of the log, each partition in stream order: trades of one symbol are in one partition. */
function loggedTrades(database: Database): Trade[] {
  return database.all("SELECT value FROM log ORDER BY partition, log_offset").flatMap(({ value }) =>
    decodeMessage(value as Uint8Array).data.map(({ c, p, s, t, v }) => ({
      symbol: s,
      price: p,
      volume: v,
      time: t,
      conditions: c?.map(String) ?? [],
    }))
  );
}

const tradeText = (trade: Trade) =>
  JSON.stringify([trade.symbol, trade.time, trade.price, trade.volume, trade.conditions]);

function storedTrades(database: Database): string[] {
  return database.all("SELECT * FROM trades").map((row) =>
    tradeText({
      symbol: String(row.symbol),
      time: Number(row.trade_timestamp),
      price: Number(row.price),
      volume: Number(row.volume),
      conditions: row.trade_conditions === null ? [] : JSON.parse(String(row.trade_conditions)),
    })
  );
}

function assertWindow(row: Record<string, unknown>, expected: ExpectedWindow, candle: boolean): void {
  assertEquals(Number(row.trade_count), expected.count);
  assertAlmostEquals(Number(row.volume), expected.volume, 1e-6);
  assertAlmostEquals(Number(row.turnover), expected.turnover, 1e-3);
  if (!candle) return;
  const prices = [row.open, row.high, row.low, row.close].map(Number);
  assertEquals(prices, [expected.open, expected.high, expected.low, expected.close]);
}

integrationTest(
  "local: killed again and again, every acknowledged trade is stored once and every window is right",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using simulator = new RunningRole(
        "simulator",
        ["--listen", "127.0.0.1:0", "--rate", "2000", "--symbols", "A,B,C,D,E"],
        {},
      );
      const [, url] = await simulator.says(/FINNHUB_WS_URL=(\S+)/);
      const env = { FINNHUB_API_TOKEN: "any", FINNHUB_WS_URL: url! };
      const args = ["--data", `${folder}/data`, "--tickers", "A,B,C,D,E"];
      let acknowledged = 0;
      for (let life = 0; life < 4; life++) {
        const role = local(args, env);
        await until("trades of this life to be acknowledged", async () => {
          return await role.metric("finnhub_pipe_producer_trades_out_total") > 500 + 300 * life
            ? true
            : "not yet";
        }, { interval: 5 });
        acknowledged += await role.metric("finnhub_pipe_producer_trades_out_total");
        if (life < 3) await role.stop("SIGKILL");
        else assertEquals((await role.stop()).code, 0, role.stderr);
      }

      using database = new Database(`${folder}/data/finnhub-pipe.sqlite`);
      const trades = loggedTrades(database);
      assert(trades.length >= acknowledged, `${trades.length} in the log, ${acknowledged} acknowledged`);
      assertEquals(storedTrades(database).sort(), trades.map(tradeText).sort());
      const candles = expectedCandles(trades);
      const rows = database.all("SELECT * FROM candles");
      assertEquals(rows.length, candles.size);
      for (const row of rows) {
        assertWindow(row, candles.get(`${row.symbol} ${row.interval} ${row.window_start}`)!, true);
      }
      const averages = expectedAverages(trades);
      const means = database.all("SELECT * FROM running_averages_15_sec");
      assertEquals(means.length, averages.size);
      for (const row of means) {
        assertWindow(row, averages.get(`${row.symbol} average ${row.window_end}`)!, false);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

integrationTest("local: a candle is there within 3 seconds of the start, without any set-up", async () => {
  const start = performance.now();
  await using role = local([]);
  const url = (await role.says(/the live page is at (\S+)/))[1]!;
  await until("a candle of the first symbol", async () => {
    const { symbols } = await (await fetch(`${url}/api/symbols`)).json();
    if (symbols.length === 0) return "no symbol yet";
    const { candles } = await (await fetch(`${url}/api/candles?symbol=${symbols[0].symbol}&interval=5s`))
      .json();
    return candles.length > 0 ? true : "no candle yet";
  }, { interval: 10, deadline: 10_000 });
  const ms = performance.now() - start;
  assert(ms < 3000, `it took ${ms} ms`);
  await until("it to be ready", async () => {
    const { status, text } = await role.readiness();
    return status === 200 ? true : text;
  });
});

integrationTest("local: a folder is used by one process at a time, and the second says so", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using role = local(["--data", folder]);
    await role.http();
    const second = await runToEnd(["local", "--listen", "127.0.0.1:0", "--data", folder], NO_TOKEN);
    assertEquals(second.code, 1);
    assert(/is used by another process/.test(second.stderr), second.stderr);
    assertEquals((await role.stop()).code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

interface ModuleGraph {
  modules: {
    specifier: string;
    dependencies?: { specifier: string; code?: { specifier: string } }[];
  }[];
}

integrationTest("local: nothing of Kafka, Cassandra and Kubernetes is loaded", async () => {
  const root = new URL("../../", import.meta.url);
  const entry = new URL("src/roles/local.ts", root).href;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", entry], cwd: root })
    .output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as ModuleGraph;
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set<string>();
  const visit = (specifier: string) => {
    if (loaded.has(specifier)) return;
    loaded.add(specifier);
    // Types are erased: only what `code` names is loaded.
    for (const { code } of bySpecifier.get(specifier)?.dependencies ?? []) if (code) visit(code.specifier);
  };
  visit(entry);
  assert(loaded.size > 30, `${loaded.size} modules`);
  const unwanted = [...loaded].filter((specifier) =>
    /kafkajs|cassandra-driver|client-node|\/src\/(kafka|cassandra|kubernetes|operator)\//.test(specifier)
  );
  assertEquals(unwanted, []);
});
