import type { RoleContext } from "../command/role.ts";
import { Database, DatabaseError } from "../embedded/database.ts";
import { EmbeddedDeadLetters } from "../embedded/dead_letters.ts";
import { EmbeddedLog } from "../embedded/log.ts";
import { FollowedSymbols } from "../embedded/followed_symbols.ts";
import { EmbeddedLogReader } from "../embedded/log_reader.ts";
import { SqliteMarketReader } from "../embedded/market_reader.ts";
import { forgetOldTrades } from "../embedded/retention.ts";
import { SqliteStore } from "../embedded/store.ts";
import { TradeHub } from "../market/live_trades.ts";
import { processorMetrics } from "../processing/processor_metrics.ts";
import { StreamProcessor } from "../processing/stream_processor.ts";
import { publishTo } from "../embedded/publish_to.ts";
import { TradePublisher } from "../publishing/trade_publisher.ts";
import type { SettingName } from "../settings/settings.ts";
import { MetricRegistry } from "../telemetry/metrics.ts";
import { Board } from "../web/dashboard/board.ts";
import { dashboardApp } from "../web/dashboard.ts";
import { pageScript } from "../web/page_script.ts";
import { serveHttp } from "../web/http/server.ts";
import { type LocalFeed, type LocalFeedSettings, openFeed } from "./local_feed.ts";

type Used =
  | LocalFeedSettings
  | Extract<SettingName, "pageListen" | "data" | "keepTrades" | "bufferTrades">;

const TOPIC = "market";
const PARTITIONS = 4;
/** Messages that the log keeps of each partition: enough to look at, little beside the trades themselves. */
const RETENTION = 10_000;
/** What a stop leaves for writing what was taken, milliseconds: within the 10 s that a role has. */
const STOP_TIMEOUT = 8000;

/** Feed, log, processor, store and page in one process, until stopped. */
export async function run({ log, print, settings, signal }: RoleContext<Used>): Promise<number> {
  const registry = new MetricRegistry();
  const metrics = processorMetrics(registry);
  using database = new Database(await databaseFile(settings.data));
  const feed = await openFeed({ settings, followed: new FollowedSymbols(database), registry, log });
  const embedded = new EmbeddedLog({ database, partitions: PARTITIONS, retention: RETENTION });
  const store = new SqliteStore(database);
  store.recordEpoch(TOPIC, PARTITIONS);
  const reader = new SqliteMarketReader(database);
  const hub = new TradeHub();
  const board = new Board({ reader, live: hub, now: Date.now, log });
  const publisher = new TradePublisher({
    topic: TOPIC,
    bufferTrades: settings.bufferTrades,
    send: publishTo(embedded, hub, log, Math.random),
    registry,
    log,
    clock: () => performance.now(),
  });
  const processor = new StreamProcessor({
    topic: TOPIC,
    reader: new EmbeddedLogReader(embedded),
    store,
    office: new EmbeddedDeadLetters(database),
    metrics,
    log,
    now: Date.now,
    random: Math.random,
    flushInterval: 500,
    batchRows: 400,
    maxWindows: 40_000,
    stopTimeout: STOP_TIMEOUT,
    readyMaxLag: 30_000,
  });
  const pages = new AbortController();
  const app = dashboardApp({
    script: await pageScript("dashboard"),
    board,
    reader,
    registry,
    ready: () => processor.notReady(),
    signal: pages.signal,
    now: Date.now,
    numbers: () => ({ ...feed.numbers(), ...processed() }),
    ...(feed.desk === undefined ? {} : { desk: feed.desk }),
  });
  const processed = () => ({
    latency: {
      p50: metrics.latency.quantile(0.5) * 1000,
      p99: metrics.latency.quantile(0.99) * 1000,
      to: "stored" as const,
    },
    lag: embedded.progress().reduce(
      (sum, { partition }) => sum + (metrics.lag.value({ partition: String(partition) }) ?? 0),
      0,
    ),
    trades: metrics.tradesOut.value(),
    deadLetters: metrics.deadLetters.value(),
  });
  const http = serveHttp(app, settings.pageListen, { registry, log });
  print(`the live page is at ${http.url} (stop with Ctrl-C)`);
  log.info("local pipeline started", { feed: feed.name, data: settings.data ?? "in memory", http: http.url });

  const taken = new AbortController();
  const work = Promise.all([
    board.run(taken.signal),
    processor.run(taken.signal),
    forgetOldTrades(store, settings.keepTrades, Date.now, taken.signal),
  ]);
  const sending = publisher.run(taken.signal);
  await Promise.race([takeTrades(feed, publisher, signal), work, sending]);

  // In the order of the data's way: what the feed gave is in the log, then processed, then stored.
  publisher.close();
  const unsent = await sending;
  taken.abort();
  await work;
  pages.abort();
  await http.close();
  log.info("local pipeline stopped", { ...publisher.totals(), stored: metrics.tradesOut.value() });
  return unsent > 0 ? 1 : 0;
}

/** Takes trades until the signal is aborted; a replay may end before. */
async function takeTrades(feed: LocalFeed, publisher: TradePublisher, signal: AbortSignal): Promise<void> {
  await feed.run(
    { add: (trades, receivedAt) => publisher.add(trades, receivedAt), pending: () => publisher.pending },
    signal,
  );
}

async function databaseFile(folder: string | undefined): Promise<string> {
  if (folder === undefined) return ":memory:";
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new DatabaseError(`the folder ${folder} cannot be made; name another with --data`, { cause });
  }
  return `${folder}/finnhub-pipe.sqlite`;
}
