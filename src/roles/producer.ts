import type { RoleContext } from "../command/role.ts";
import { finnhubAccess } from "../finnhub/access.ts";
import { FileSpool } from "../embedded/spool.ts";
import { Feed } from "../finnhub/feed.ts";
import { validateSymbols } from "../finnhub/symbols.ts";
import { BatchSender } from "../kafka/sending/batch_sender.ts";
import { kafkaClient } from "../kafka/client.ts";
import { newestMessage } from "../kafka/newest_message.ts";
import type { KafkaSettings } from "../settings/kafka.ts";
import { TradePublisher } from "../publishing/trade_publisher.ts";
import { framedFormat, PLAIN, type ValueFormat } from "../publishing/value_format.ts";
import { SettingError } from "../settings/read_settings.ts";
import { registerSchema } from "../registry/registration.ts";
import { SchemaRefused } from "../registry/schema_registry.ts";
import type { FinnhubSettings } from "../settings/finnhub.ts";
import type { SettingName } from "../settings/settings.ts";
import { errorText } from "../telemetry/log.ts";
import { MetricRegistry } from "../telemetry/metrics.ts";
import { type EndedEarly, supervise } from "../async/supervise.ts";
import { aborted, backoff, delay, settledWithin } from "../async/wait.ts";
import { serveHttp } from "../web/http/server.ts";
import { probes } from "../web/probes.ts";
import { openRegistry } from "../registry/open_registry.ts";
import type { RegistrySettings } from "../settings/registry.ts";
import { openTracer } from "../telemetry/open_tracer.ts";
import type { TracingSettings } from "../settings/tracing.ts";

type Used =
  | keyof KafkaSettings
  | keyof RegistrySettings
  | keyof TracingSettings
  | keyof FinnhubSettings
  | Extract<
    SettingName,
    | "finnhubWsUrl"
    | "tickers"
    | "validateTickers"
    | "finnhubIdleTimeout"
    | "bufferTrades"
    | "spool"
    | "kafkaTopic"
    | "valueFormat"
    | "httpListen"
  >;
type Context = RoleContext<Used>;

/** What a stop leaves for sending what waits, milliseconds: within the 10 s that a role has. */
const FLUSH_MS = 8000;

/** How long the topic may take to tell when its last message came, milliseconds: trades wait meanwhile. */
const LAST_WRITTEN_MS = 3000;

/** Takes trades from the feed and writes them to Kafka, until stopped. */
export async function run(context: Context): Promise<number> {
  const { log, settings, signal } = context;
  // Nothing of ours is older, however long it waits for Kafka.
  const started = Date.now();
  const registry = new MetricRegistry();
  const toFormat = valueFormat(context, registry);
  const symbols = await wantedSymbols(context);
  const kafka = kafkaClient(settings, "producer", log);
  const failures = registry.counter(
    "finnhub_pipe_producer_send_failures_total",
    "Requests to Kafka that failed and were answered by a repeat, halves or a new producer id, by error",
  );
  const sender = new BatchSender({
    kafka,
    log,
    random: Math.random,
    onFailure: (error) => failures.add(1, { error }),
  });
  const tracer = await openTracer(settings, "producer");
  using spool = settings.spool === undefined ? undefined : new FileSpool(settings.spool);
  const publisher = new TradePublisher({
    topic: settings.kafkaTopic,
    bufferTrades: settings.bufferTrades,
    send: (topic, messages, stop) => sender.send(topic, messages, stop),
    // A partition in trouble holds the symbols that are in it, and no others.
    laneOf: (symbol) => symbol,
    spool,
    tracer,
    registry,
    log,
    clock: () => performance.now(),
  });
  const feed = new Feed({
    ...finnhubAccess(settings),
    wsUrl: settings.finnhubWsUrl,
    symbols,
    idleTimeout: settings.finnhubIdleTimeout,
    onTrades: (trades, receivedAt) => publisher.add(trades, receivedAt),
    onSpans: (spans, at) => publisher.addSpans(spans, at),
    registry,
    log,
    random: Math.random,
    now: Date.now,
  });
  let format: ValueFormat | undefined;
  const notReady = () => [
    ...(feed.trouble === undefined ? [] : [feed.trouble]),
    ...(sender.connected ? [] : ["not connected to Kafka"]),
    ...(sender.trouble === undefined ? [] : [sender.trouble]),
    ...(format === undefined ? ["the schema is not registered"] : []),
    ...(publisher.keepingUp ? [] : ["Kafka is slower than the feed"]),
  ];
  const http = serveHttp(probes({ registry, notReady }), settings.httpListen, { registry, log });
  log.info("producer started", {
    feed: settings.finnhubWsUrl.host,
    topic: settings.kafkaTopic,
    http: http.url,
  });

  const giveUp = new AbortController();
  const sending = Promise.all([
    toFormat(giveUp.signal).then((known) => format = known),
    sender.connect(giveUp.signal),
  ]).then(async ([known]) => {
    // What is of before is told first, as a rule; a topic that is slow to tell holds up no trade for longer.
    const told = lastWritten(kafka, context, started).then((last) =>
      last !== undefined && feed.goesOnFrom(last)
    );
    await settledWithin(told, LAST_WRITTEN_MS);
    return await publisher.run(giveUp.signal, known);
  });
  const ended = await supervise({
    feed: (stop) => feed.run(stop),
    // It goes on after the stop, with what waits.
    sending: (stop) => Promise.race([sending, aborted(stop)]),
  }, signal).catch((error: EndedEarly) => error);

  publisher.close();
  const late = new AbortController();
  delay(FLUSH_MS, late.signal).then(() => giveUp.abort(), () => {});
  const unsent = await sending.catch(() => publisher.pending);
  late.abort();
  giveUp.abort();
  const lost = Math.min(unsent, publisher.unkept);
  if (lost > 0) {
    log.error("stopped while Kafka or the schema registry was away: trades are lost", { trades: lost });
  }
  if (unsent > lost) log.warn("trades are left in the spool for the next start", { trades: unsent - lost });
  await Promise.race([sender.close(), aborted(AbortSignal.timeout(1000))]);
  await tracer?.close().catch(() => {});
  await http.close();
  log.info("producer stopped", { ...publisher.totals(), unsent });
  if (ended) throw ended.cause instanceof SchemaRefused ? ended.cause : ended;
  return lost > 0 ? 1 : 0;
}

/** When a producer before this one last wrote; undefined when nobody did, or the process stops before the topic tells. */
async function lastWritten(
  kafka: ReturnType<typeof kafkaClient>,
  { log, settings, signal }: Context,
  started: number,
): Promise<number | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await newestMessage(kafka, settings.kafkaTopic, started);
    } catch (error) {
      log.debug("the topic does not tell yet when its last message came", { error: errorText(error) });
      await delay(backoff(attempt, { base: 1000, cap: 30_000, random: Math.random }), signal).catch(() => {});
    }
  }
  return undefined;
}

/** Resolves to the format of values: at once, or when our schema is registered. */
function valueFormat(
  { log, settings }: Context,
  metrics: MetricRegistry,
): (signal: AbortSignal) => Promise<ValueFormat> {
  const registry = openRegistry(settings, metrics);
  if (settings.valueFormat === "avro") return () => Promise.resolve(PLAIN);
  if (registry === undefined) {
    throw new SettingError(
      "KAFKA_VALUE_FORMAT=confluent needs SCHEMA_REGISTRY_URL; set it to the registry's address",
    );
  }
  const options = { registry, topic: settings.kafkaTopic, log, random: Math.random };
  return async (signal) => framedFormat(await registerSchema(options, signal));
}

async function wantedSymbols({ log, settings, signal }: Context): Promise<readonly string[]> {
  const { finnhubApiToken, tickers, validateTickers } = settings;
  if (finnhubApiToken === "") {
    throw new SettingError(
      "FINNHUB_API_TOKEN is not set; get a token at finnhub.io, or any text for the simulator",
    );
  }
  if (!validateTickers) return tickers;
  const { known, unknown } = await validateSymbols({
    ...finnhubAccess(settings),
    symbols: tickers,
    random: Math.random,
    signal,
  });
  for (const symbol of unknown) log.warn("Finnhub does not know a symbol; it is left out", { symbol });
  if (known.length === 0) throw new SettingError("FINNHUB_STOCKS_TICKERS names no symbol that Finnhub knows");
  return known;
}
