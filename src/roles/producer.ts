import type { RoleContext } from "../cli.ts";
import { Feed } from "../finnhub/feed.ts";
import { validateSymbols } from "../finnhub/symbols.ts";
import { BatchSender } from "../kafka/batch_sender.ts";
import { kafkaClient, type KafkaSettings } from "../kafka/client.ts";
import { TradePublisher } from "../publishing/trade_publisher.ts";
import { SettingError } from "../read_settings.ts";
import type { SettingName } from "../settings.ts";
import { MetricRegistry } from "../telemetry/metrics.ts";
import { openTracer, type TracingSettings } from "./tracing.ts";
import { aborted, delay } from "../wait.ts";
import { probes, serveHttp } from "../web/probes.ts";

type Used =
  | keyof KafkaSettings
  | keyof TracingSettings
  | Extract<
    SettingName,
    | "finnhubWsUrl"
    | "finnhubRestUrl"
    | "finnhubApiToken"
    | "tickers"
    | "validateTickers"
    | "feedIdleTimeout"
    | "bufferTrades"
    | "kafkaTopic"
    | "httpListen"
  >;
type Context = RoleContext<Used>;

/** What a stop leaves for sending what waits, milliseconds: within the 10 s that a role has. */
const FLUSH_MS = 8000;

/** Takes trades from the feed and writes them to Kafka, until stopped. */
export async function run(context: Context): Promise<number> {
  const { log, settings, signal } = context;
  const symbols = await wantedSymbols(context);
  const registry = new MetricRegistry();
  const kafka = kafkaClient(settings, "producer", log);
  const sender = new BatchSender({ kafka, log, random: Math.random });
  const tracer = await openTracer(settings, "producer");
  const publisher = new TradePublisher({
    topic: settings.kafkaTopic,
    bufferTrades: settings.bufferTrades,
    send: (topic, messages, stop) => sender.send(topic, messages, stop),
    tracer,
    registry,
    log,
    clock: () => performance.now(),
  });
  const feed = new Feed({
    url: settings.finnhubWsUrl,
    token: settings.finnhubApiToken,
    symbols,
    idleTimeout: settings.feedIdleTimeout,
    onTrades: (trades, receivedAt) => publisher.add(trades, receivedAt),
    registry,
    log,
    random: Math.random,
    now: Date.now,
  });
  const notReady = () => [
    ...(feed.connected ? [] : ["not connected to the feed"]),
    ...(sender.connected ? [] : ["not connected to Kafka"]),
    ...(publisher.keepingUp ? [] : ["Kafka is slower than the feed"]),
  ];
  const http = serveHttp(probes({ registry, notReady }), settings.httpListen);
  log.info("producer started", {
    feed: settings.finnhubWsUrl.host,
    topic: settings.kafkaTopic,
    http: http.url,
  });

  const giveUp = new AbortController();
  const sending = sender.connect(giveUp.signal).then(() => publisher.run(giveUp.signal));
  await feed.run(signal);

  publisher.close();
  const late = new AbortController();
  delay(FLUSH_MS, late.signal).then(() => giveUp.abort(), () => {});
  const unsent = await sending.catch(() => publisher.pending);
  late.abort();
  if (unsent > 0) log.error("stopped while Kafka was away: trades are lost", { trades: unsent });
  await Promise.race([sender.close(), aborted(AbortSignal.timeout(1000))]);
  await tracer?.close().catch(() => {});
  await http.close();
  log.info("producer stopped", { ...publisher.totals(), unsent });
  return unsent > 0 ? 1 : 0;
}

async function wantedSymbols({ log, settings, signal }: Context): Promise<readonly string[]> {
  const { finnhubApiToken, finnhubRestUrl, tickers, validateTickers } = settings;
  if (finnhubApiToken === "") {
    throw new SettingError(
      "FINNHUB_API_TOKEN is not set; get a token at finnhub.io, or any text for the simulator",
    );
  }
  if (!validateTickers) return tickers;
  const { known, unknown } = await validateSymbols({
    restUrl: finnhubRestUrl,
    token: finnhubApiToken,
    symbols: tickers,
    fetch,
    random: Math.random,
    signal,
  });
  for (const symbol of unknown) log.warn("Finnhub does not know a symbol; it is left out", { symbol });
  if (known.length === 0) throw new SettingError("FINNHUB_STOCKS_TICKERS names no symbol that Finnhub knows");
  return known;
}
