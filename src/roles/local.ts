import type { RoleContext } from "../command/role.ts";
import { Database } from "../embedded/database.ts";
import { EmbeddedDeadLetters } from "../embedded/dead_letters.ts";
import { EmbeddedLog } from "../embedded/log.ts";
import { FollowedSymbols } from "../embedded/followed_symbols.ts";
import { EmbeddedLogReader } from "../embedded/log_reader.ts";
import { SqliteMarketReader } from "../embedded/tables/market_reader.ts";
import { ownFolder } from "../embedded/folder.ts";
import { Replays } from "../embedded/replays.ts";
import { RefusedRows } from "../embedded/tables/refused_rows.ts";
import { Retention } from "../embedded/tables/retention.ts";
import { EmbeddedSender } from "../embedded/sender.ts";
import { sqliteAnswer } from "../embedded/answers.ts";
import { SqliteStore } from "../embedded/tables/store.ts";
import { TradeHub } from "../market/live_trades.ts";
import { processorMetrics } from "../processing/processor_metrics.ts";
import { StreamProcessor } from "../processing/stream_processor.ts";
import { TradePublisher } from "../publishing/trade_publisher.ts";
import { type CandleSettings, candlesOfSettings } from "../settings/candles.ts";
import type { SettingName } from "../settings/settings.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import { MetricRegistry } from "../telemetry/metrics.ts";
import { NowAndThen } from "../async/now_and_then.ts";
import { type EndedEarly, supervise } from "../async/supervise.ts";
import { aborted, delay } from "../async/wait.ts";
import { Board } from "../web/dashboard/board.ts";
import { dashboardApp } from "../web/dashboard.ts";
import { pageScript } from "../web/page_script.ts";
import { serveHttp } from "../web/http/server.ts";
import { RememberedAlerts } from "../alerts/fired_alerts.ts";
import { SqliteFiredAlerts } from "../embedded/tables/fired_alerts.ts";
import { type AlertSettings, openAlerts } from "../alerts/open_alerts.ts";
import { type LocalFeedSettings, openFeed } from "./local_feed.ts";
import { openPage } from "./open_page.ts";
import { simulatedMarket } from "./local_history.ts";

type Used =
  | keyof CandleSettings
  | "candleAlign"
  | LocalFeedSettings
  | keyof AlertSettings
  | Extract<
    SettingName,
    | "pageListen"
    | "open"
    | "allowHost"
    | "data"
    | "history"
    | "keepTrades"
    | "keepWindows"
    | "keepLetters"
    | "bufferTrades"
  >;

const TOPIC = "market";
const PARTITIONS = 4;
/** Messages that the log keeps of each partition: enough to look at, little beside the trades themselves. */
const RETENTION = 10_000;
/** What a stop leaves for appending what waits, and for writing what was taken, milliseconds: together within the 10 s that a role has. */
const APPEND_TIMEOUT = 3000;
const STOP_TIMEOUT = 5000;
/** Between two lines about rows that are passed over, milliseconds. */
const SAY_EVERY = 60_000;

/** Feed, log, processor, store and page in one process, until stopped. */
export async function run({ log, print, settings, signal }: RoleContext<Used>): Promise<number> {
  const registry = new MetricRegistry();
  const metrics = processorMetrics(registry);
  using database = openDatabase(settings.data, registry, log);
  const embedded = new EmbeddedLog({ database, partitions: PARTITIONS, retention: RETENTION });
  const refused = registry.counter(
    "finnhub_pipe_local_refused_rows_total",
    "Rows that the database refuses for ever, kept in refused_rows, by table",
  );
  const store = new SqliteStore(database, new RefusedRows({ database, refused, log, now: Date.now }));
  store.recordEpoch(TOPIC, PARTITIONS);
  const candles = candlesOfSettings(settings);
  store.recordSeries([...candles.series, ...candles.bars], Date.now());
  await store.sourceEpochs(TOPIC);
  const reader = new SqliteMarketReader(database);
  const feed = await openFeed({
    settings,
    market: () => simulatedMarket({ settings, candles, database, store, reader, now: Date.now, log, signal }),
    followed: new FollowedSymbols(database),
    lastSent: embedded.lastSent(),
    replays: settings.data === undefined ? undefined : new Replays(database),
    registry,
    log,
  });
  const hub = new TradeHub();
  const board = new Board({
    reader,
    live: hub,
    candles: { rule: settings.candles[0]!, calendars: candles.calendars, align: settings.candleAlign },
    now: Date.now,
    log,
  });
  const taking = { log, random: Math.random, now: Date.now };
  const fired = settings.data === undefined
    ? new RememberedAlerts()
    : new SqliteFiredAlerts({ ...taking, database });
  const alerts = openAlerts(settings, { trades: hub, fired, registry, log });
  const sender = new EmbeddedSender({ ...taking, embedded, hub, keepMark: feed.keepMark });
  const publisher = new TradePublisher({
    topic: TOPIC,
    bufferTrades: settings.bufferTrades,
    send: (topic, messages, stop) => sender.send(topic, messages, stop),
    registry,
    log,
    clock: () => performance.now(),
  });
  const logReader = new EmbeddedLogReader({ ...taking, embedded });
  const done = new AbortController();
  const processor = new StreamProcessor({
    topic: TOPIC,
    candles,
    reader: logReader,
    store,
    office: new EmbeddedDeadLetters({ ...taking, database, signal: done.signal }),
    explain: (error) => ({ text: errorText(error), remedy: sqliteAnswer(error).remedy }),
    metrics,
    log,
    now: Date.now,
    random: Math.random,
    flushInterval: 500,
    batchRows: 400,
    maxWindows: 100_000,
    stopTimeout: STOP_TIMEOUT,
    readyMaxLag: 30_000,
  });
  const retention = new Retention({ ...settings, database, embedded, log, now: Date.now });
  const pages = new AbortController();
  const app = dashboardApp({
    script: await pageScript("dashboard"),
    board,
    reader,
    candles: {
      rules: settings.candles,
      align: settings.candleAlign,
      bars: candles.bars,
      calendars: candles.calendars,
      lag: () => processed().lag,
    },
    hosts: { hostname: settings.pageListen.hostname, allowed: settings.allowHost },
    registry,
    ready: () => [
      ...processor.notReady(),
      ...[
        feed.trouble(),
        sender.trouble,
        logReader.joined ? logReader.trouble : undefined,
        retention.trouble,
        alerts.trouble,
      ]
        .filter((reason) => reason !== undefined),
    ],
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
    lag: [...new Array(PARTITIONS).keys()].reduce(
      (sum, partition) => sum + (metrics.lag.value({ partition: String(partition) }) ?? 0),
      0,
    ),
    trades: metrics.tradesOut.value(),
    deadLetters: metrics.deadLetters.value(),
  });
  const http = serveHttp(app, settings.pageListen, { registry, log, flag: "--listen" });
  print(`the live page is at ${http.url} (stop with Ctrl-C)`);
  if (settings.open) openPage(http.url, log);
  log.info("local pipeline started", { feed: feed.name, data: settings.data ?? "in memory", http: http.url });

  const taken = new AbortController();
  const giveUp = new AbortController();
  const parts = {
    sending: publisher.run(giveUp.signal),
    processor: processor.run(taken.signal),
    page: board.run(taken.signal),
    retention: retention.run(taken.signal),
    alerts: alerts.run(taken.signal),
    database: database.watch(taken.signal),
  };
  // They go on after the stop, with what was taken.
  const untilStop = (work: Promise<unknown>) => (stop: AbortSignal) => Promise.race([work, aborted(stop)]);
  const ended = await supervise({
    feed: (stop) =>
      feed.run({
        add: (trades, at, mark) => publisher.add(trades, at, mark),
        addSpans: (spans, at) => publisher.addSpans(spans, at),
        pending: () => publisher.pending,
      }, stop),
    sending: untilStop(parts.sending),
    processor: untilStop(parts.processor),
    page: untilStop(parts.page),
    retention: untilStop(parts.retention),
    alerts: untilStop(parts.alerts),
    database: untilStop(parts.database),
  }, signal).catch((error: EndedEarly) => error);

  // In the order of the data's way: what the feed gave is in the log, then processed, then stored.
  publisher.close();
  const late = new AbortController();
  if (ended) giveUp.abort();
  else delay(APPEND_TIMEOUT, late.signal).then(() => giveUp.abort(), () => {});
  const unsent = await parts.sending.catch(() => publisher.pending);
  late.abort();
  taken.abort();
  await Promise.allSettled(Object.values(parts));
  done.abort();
  pages.abort();
  await http.close();
  if (unsent > 0) log.error("stopped while the log took nothing: trades are lost", { trades: unsent });
  log.info("local pipeline stopped", { ...publisher.totals(), stored: metrics.tradesOut.value() });
  if (ended) throw ended;
  return unsent > 0 ? 1 : 0;
}

/** The folder's database, or one in memory. */
function openDatabase(folder: string | undefined, registry: MetricRegistry, log: Logger): Database {
  const failures = registry.counter(
    "finnhub_pipe_local_database_failures_total",
    "Requests that the database did not take, such as while the disk is full, by error",
  );
  const malformed = registry.counter(
    "finnhub_pipe_local_malformed_rows_total",
    "Rows of the database that finnhub-pipe did not write, passed over",
  );
  const saying = new NowAndThen(SAY_EVERY, Date.now);
  const { file, lock } = folder === undefined ? { file: ":memory:" } : ownFolder(folder);
  return new Database(file, {
    ...(lock && { lock }),
    onFailure: (error) => failures.add(1, { error }),
    onMalformed: (what) => {
      malformed.add();
      const times = saying.due();
      if (times === undefined) return;
      log.error("the database holds what finnhub-pipe did not write, and passes it over", {
        file,
        what,
        times,
      });
    },
  });
}
