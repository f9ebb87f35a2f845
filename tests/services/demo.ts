/**
 * `make demo-servers`: the whole pipeline on real servers and simulated trades, with a live table, until Ctrl-C or for
 * DEMO_SECONDS. Everything that it started ends with it.
 */
import cassandra from "cassandra-driver";
import { bucketOf, hourOf, RUNNING_AVERAGE } from "../../src/market/series.ts";
import { RunningRole, runToEnd } from "../e2e/role.ts";
import { type DemoRow, demoTable, quantileMs } from "./demo_table.ts";
import { startServices } from "./mod.ts";
import { until } from "./until.ts";

const RECORDED =
  new URL("../../../shared/data/binance_spot_btc_eth_20240808.ndjson.gz", import.meta.url).pathname;
const SYNTHETIC = ["AAPL", "MSFT", "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"];

const started = performance.now();
const say = (line: string) =>
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${line}`);

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => stop.abort());
const seconds = Number(Deno.env.get("DEMO_SECONDS") ?? "0");

async function demo(): Promise<void> {
  await using services = await startServices({ progress: say, signal: stop.signal });
  const { cassandra: { hosts, port }, kafka: { bootstrap } } = services;
  const env = {
    KAFKA_SERVER: bootstrap.join(","),
    CASSANDRA_HOST: hosts.join(","),
    CASSANDRA_PORT: String(port),
    FINNHUB_API_TOKEN: "demo",
  };
  say("setup makes topics and tables");
  const setup = await runToEnd(["setup"], env);
  if (setup.code !== 0) throw new Error(setup.stdout + setup.stderr);

  const recorded = await Deno.stat(RECORDED).then(() => true, () => false);
  const symbols = recorded ? ["BINANCE:BTCUSDT", "BINANCE:ETHUSDT"] : SYNTHETIC;
  const market = recorded
    ? ["--replay", RECORDED, "--now", "--loop"]
    : ["--symbols", SYNTHETIC.join(","), "--rate", "100"];
  await using simulator = new RunningRole("simulator", ["--listen", "127.0.0.1:0", ...market], env);
  const [, feed] = await simulator.says(/FINNHUB_WS_URL=(\S+)/);
  say(`simulator replays ${recorded ? "recorded trades" : "a synthetic market"} at ${feed}`);
  await using processor = new RunningRole("processor", [], env);
  const processorHttp = await processor.http();
  say(`processor runs, metrics at ${processorHttp}/metrics`);
  await using producer = new RunningRole("producer", ["--tickers", symbols.join(",")], {
    ...env,
    FINNHUB_WS_URL: feed!,
  });
  say(`producer runs, metrics at ${await producer.http()}/metrics`);

  const session = new cassandra.Client({
    contactPoints: hosts.map((host) => `${host}:${port}`),
    localDataCenter: "datacenter1",
    keyspace: "market",
    refreshSchemaDelay: 0,
    queryOptions: { prepare: true },
  });
  const first = performance.now();
  try {
    await until("the first trade to be stored", async () => {
      const trades = await processor.metric("finnhub_pipe_processor_trades_out_total");
      return trades > 0 ? true : "none yet";
    }, { signal: stop.signal });
    say(`first trade is stored; the CQL port is ${hosts[0]}:${port}, the keyspace market`);
    const end = seconds > 0 ? first + seconds * 1000 : Infinity;
    while (!stop.signal.aborted && performance.now() < end) {
      const metrics = await (await fetch(`${processorHttp}/metrics`)).text();
      const rows = await Promise.all(symbols.map((symbol) => symbolRow(session, symbol)));
      show(demoTable({
        rows,
        stored: await processor.metric("finnhub_pipe_processor_trades_out_total"),
        lag: await processor.metric("finnhub_pipe_processor_lag").catch(() => 0),
        latencyMs: {
          p50: quantileMs(metrics, "finnhub_pipe_processor_latency_seconds", 0.5),
          p99: quantileMs(metrics, "finnhub_pipe_processor_latency_seconds", 0.99),
        },
        seconds: (performance.now() - first) / 1000,
      }));
      await pause(Deno.stdout.isTerminal() ? 500 : 5000, end);
    }
  } finally {
    await session.shutdown();
  }
  say("stopping: the feed first, then what depends on it");
  for (const role of [producer, processor, simulator]) await role.stop();
}

async function symbolRow(session: cassandra.Client, symbol: string): Promise<DemoRow> {
  const now = Date.now();
  const one = async (query: string, params: unknown[]) => (await session.execute(query, params)).rows[0];
  const [last, average] = await Promise.all([
    one("SELECT price FROM trades WHERE symbol = ? AND hour = ? LIMIT 1", [symbol, hourOf(now)]),
    one(
      "SELECT vwap, trade_count FROM running_averages_15_sec WHERE symbol = ? AND bucket = ? AND window_end <= ? LIMIT 1",
      [symbol, bucketOf(RUNNING_AVERAGE, now), now],
    ),
  ]);
  return {
    symbol,
    price: last?.get("price"),
    tradesPerSecond: Number(average?.get("trade_count") ?? 0) / 15,
    average: average?.get("vwap") ?? undefined,
  };
}

let shown = 0;
function show(lines: readonly string[]): void {
  // On a terminal the table stays in its place; elsewhere each one follows the last.
  if (Deno.stdout.isTerminal()) {
    if (shown > 0) console.log(`\x1b[${shown + 1}A\x1b[J`);
    shown = lines.length;
    console.log(lines.join("\n"));
  } else console.log(`\n${lines.join("\n")}`);
}

async function pause(ms: number, end: number): Promise<void> {
  const timeout = Math.max(0, Math.min(ms, end - performance.now()));
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, timeout);
    stop.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

try {
  await demo();
  say("everything has ended");
} catch (error) {
  if (!stop.signal.aborted) {
    console.error(`demo: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
Deno.exit(0);
