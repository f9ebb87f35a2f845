import { CassandraMarketReader } from "../cassandra/market_reader.ts";
import { cassandraSession } from "../cassandra/session.ts";
import { type CandleSettings, candlesOfSettings } from "../settings/candles.ts";
import type { CassandraSettings } from "../settings/cassandra.ts";
import type { RoleContext } from "../command/role.ts";
import { kafkaClient } from "../kafka/client.ts";
import { PAGE_GROUPS } from "../kafka/rights/script.ts";
import type { KafkaSettings } from "../settings/kafka.ts";
import { KafkaLogReader } from "../kafka/log_reader.ts";
import { PipelineWatch } from "../kafka/pipeline_watch.ts";
import { TradeHub } from "../market/live_trades.ts";
import { LiveFollower } from "../processing/live_follower.ts";
import type { SettingName } from "../settings/settings.ts";
import { MetricRegistry } from "../telemetry/metrics.ts";
import { type EndedEarly, supervise } from "../async/supervise.ts";
import { aborted } from "../async/wait.ts";
import { Board } from "../web/dashboard/board.ts";
import { FeedWatch } from "../web/dashboard/feed_watch.ts";
import { dashboardApp } from "../web/dashboard.ts";
import { pageScript } from "../web/page_script.ts";
import { serveHttp } from "../web/http/server.ts";
import { RememberedAlerts } from "../alerts/fired_alerts.ts";
import { type AlertSettings, openAlerts } from "../alerts/open_alerts.ts";
import { decoderOf } from "../registry/open_registry.ts";
import type { RegistrySettings } from "../settings/registry.ts";

type Used =
  | keyof CandleSettings
  | "candleAlign"
  | keyof KafkaSettings
  | keyof CassandraSettings
  | keyof RegistrySettings
  | keyof AlertSettings
  | Extract<SettingName, "kafkaTopic" | "kafkaGroup" | "pageListen" | "allowHost" | "producerUrl">;

/** Of the library alone: what it gives up we try again, and say so. */
const CLIENT_RETRIES = 3;

/** Serves the live page over the pipeline's Kafka and Cassandra, until stopped. Reads both and writes to neither. */
export async function run({ log, print, settings, signal }: RoleContext<Used>): Promise<number> {
  const registry = new MetricRegistry();
  const kafka = kafkaClient(settings, "dashboard", log, CLIENT_RETRIES);
  const session = cassandraSession(settings, settings.cassandraKeyspace, log);
  const reader = new CassandraMarketReader(session, Date.now);
  const hub = new TradeHub();
  const alerts = openAlerts(settings, { trades: hub, fired: new RememberedAlerts(), registry, log });
  const candles = candlesOfSettings(settings);
  const board = new Board({
    reader,
    live: hub,
    candles: { rule: settings.candles[0]!, calendars: candles.calendars, align: settings.candleAlign },
    now: Date.now,
    log,
  });
  const latency = registry.histogram(
    "finnhub_pipe_dashboard_latency_seconds",
    "From the producer's send to the page's server",
  );
  const decoder = decoderOf(settings, registry, log, signal);
  const follower = new LiveFollower({ hub, decoder, onGap: () => board.mindGap(), latency, now: Date.now });
  const topic = settings.kafkaTopic;
  const trades = new KafkaLogReader({
    kafka,
    topic,
    // Of its own, so that each dashboard gets every message; nothing is ever committed to it.
    groupId: `${PAGE_GROUPS}${crypto.randomUUID()}`,
    from: "end",
    sessionTimeout: 10_000,
    fetchWait: 100,
    fetchBytes: 131_072,
    log,
    random: Math.random,
  });
  const watch = new PipelineWatch({ kafka, topic, groupId: settings.kafkaGroup, log });
  const feed = new FeedWatch({
    producer: settings.producerUrl,
    fetch: (url, either) => fetch(url, { signal: either, redirect: "error" }),
    log,
  });
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
      lag: () => watch.lag,
    },
    hosts: { hostname: settings.pageListen.hostname, allowed: settings.allowHost },
    registry,
    ready: () => [
      ...(trades.joined ? [] : [trades.trouble ?? "not connected to Kafka"]),
      ...(board.storeAnswers ? [] : ["Cassandra does not answer"]),
      ...(alerts.trouble === undefined ? [] : [alerts.trouble]),
      ...(decoder.stalled ? ["the schema registry does not answer"] : []),
    ],
    signal: pages.signal,
    now: Date.now,
    numbers: () => ({
      ...feed.numbers,
      latency: { p50: latency.quantile(0.5) * 1000, p99: latency.quantile(0.99) * 1000, to: "page" },
      ...(watch.lag === undefined ? {} : { lag: watch.lag }),
      ...(watch.deadLetters === undefined ? {} : { deadLetters: watch.deadLetters }),
      trades: board.trades,
    }),
  });
  const http = serveHttp(app, settings.pageListen, { registry, log, flag: "--listen" });
  print(`the live page is at ${http.url} (stop with Ctrl-C)`);
  log.info("dashboard started", { topic, http: http.url });

  const ended = await supervise({
    page: (stop) => board.run(stop),
    trades: (stop) => trades.run(follower, stop),
    pipeline: (stop) => watch.run(stop),
    alerts: (stop) => alerts.run(stop),
    // Without a producer to ask it has nothing to do.
    feed: (stop) => Promise.all([feed.run(stop), aborted(stop)]),
  }, signal).catch((error: EndedEarly) => error);

  pages.abort();
  await session.shutdown();
  await http.close();
  log.info("dashboard stopped", { trades: board.trades });
  if (ended) throw ended;
  return 0;
}
