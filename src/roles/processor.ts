import { repairSplits } from "../batch/split_repair.ts";
import { CassandraBatchStore } from "../cassandra/batch_store.ts";
import { CassandraTradeStore } from "../cassandra/trade_store.ts";
import { cassandraAnswer } from "../cassandra/answers.ts";
import { cassandraErrorText, cassandraSession } from "../cassandra/session.ts";
import { type CandleSettings, candlesOfSettings } from "../settings/candles.ts";
import type { CassandraSettings } from "../settings/cassandra.ts";
import type { RoleContext } from "../command/role.ts";
import { kafkaClient } from "../kafka/client.ts";
import type { KafkaSettings } from "../settings/kafka.ts";
import { KafkaDeadLetters } from "../kafka/dead_letters.ts";
import { KafkaLogReader } from "../kafka/log_reader.ts";
import { processorMetrics } from "../processing/processor_metrics.ts";
import { StreamProcessor } from "../processing/stream_processor.ts";
import type { SettingName } from "../settings/settings.ts";
import { MetricRegistry } from "../telemetry/metrics.ts";
import { type EndedEarly, supervise } from "../async/supervise.ts";
import { serveHttp } from "../web/http/server.ts";
import { probes } from "../web/probes.ts";
import { decoderOf } from "../registry/open_registry.ts";
import type { RegistrySettings } from "../settings/registry.ts";
import { openTracer } from "../telemetry/open_tracer.ts";
import type { TracingSettings } from "../settings/tracing.ts";

type Used =
  | keyof CandleSettings
  | keyof KafkaSettings
  | keyof CassandraSettings
  | keyof RegistrySettings
  | keyof TracingSettings
  | Extract<
    SettingName,
    | "kafkaTopic"
    | "kafkaGroup"
    | "flushInterval"
    | "sessionTimeout"
    | "fetchWait"
    | "fetchBytes"
    | "batchRows"
    | "maxWindows"
    | "readyMaxLag"
    | "httpListen"
  >;

/** Of the library alone: what it gives up we try again, and say so. */
const CLIENT_RETRIES = 3;
/** What a stop leaves for writing what was taken, milliseconds: within the 10 s that a role has. */
const STOP_TIMEOUT = 8000;

/** Reads the topic, keeps trades, candles and averages in Cassandra, until stopped. */
export async function run({ log, settings, signal }: RoleContext<Used>): Promise<number> {
  const registry = new MetricRegistry();
  const metrics = processorMetrics(registry);
  const kafka = kafkaClient(settings, "processor", log, CLIENT_RETRIES);
  const session = cassandraSession(settings, settings.cassandraKeyspace, log);
  const tracer = await openTracer(settings, "processor");
  const ended = new AbortController();
  const office = new KafkaDeadLetters({
    kafka,
    topic: settings.kafkaTopic,
    log,
    now: Date.now,
    random: Math.random,
    metrics,
    signal: ended.signal,
  });
  const candles = candlesOfSettings(settings);
  const store = new CassandraTradeStore(session, settings.batchRows);
  const processor = new StreamProcessor({
    ...settings,
    candles,
    topic: settings.kafkaTopic,
    reader: new KafkaLogReader({
      ...settings,
      kafka,
      topic: settings.kafkaTopic,
      groupId: settings.kafkaGroup,
      log,
      random: Math.random,
    }),
    explain: (error) => ({ text: cassandraErrorText(error), remedy: cassandraAnswer(error).remedy }),
    store,
    decoder: decoderOf(settings, registry, log, ended.signal),
    office,
    metrics,
    log,
    tracer,
    now: Date.now,
    random: Math.random,
    stopTimeout: STOP_TIMEOUT,
  });
  const http = serveHttp(probes({ registry, notReady: () => processor.notReady() }), settings.httpListen, {
    registry,
    log,
  });
  log.info("processor started", { topic: settings.kafkaTopic, group: settings.kafkaGroup, http: http.url });

  const splits = {
    ...candles,
    store: new CassandraBatchStore(session, store),
    take: () => processor.takeSplit(),
    repaired: metrics.splitRepairs,
    log,
    now: Date.now,
  };
  const early = await supervise({
    processing: (stop) => processor.run(stop),
    repairs: (stop) => repairSplits(splits, stop),
  }, signal).catch((error: EndedEarly) => error);

  ended.abort();
  await tracer?.close().catch(() => {});
  await office.close();
  await session.shutdown();
  await http.close();
  log.info("processor stopped", { trades: metrics.tradesOut.value(), commits: metrics.commits.value() });
  if (early) throw early;
  return 0;
}
