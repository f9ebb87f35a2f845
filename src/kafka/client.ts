import { Kafka, type LogEntry, logLevel } from "kafkajs";
import { withPort } from "../parsers.ts";
import type { Settings } from "../settings.ts";
import type { Logger } from "../telemetry/log.ts";
import { stopIdlePolling } from "./request_queue_fix.ts";

stopIdlePolling();

export type KafkaSettings = Pick<Settings, "kafkaServer" | "kafkaPort">;

/** Makes a kafkajs client; nothing is connected yet. `role` names it to the brokers. */
export function kafkaClient(settings: KafkaSettings, role: string, log: Logger): Kafka {
  return new Kafka({
    clientId: `finnhub-pipe-${role}`,
    brokers: withPort(settings.kafkaServer, settings.kafkaPort),
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 200, maxRetryTime: 5000, retries: 8 },
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => forward(entry, log),
  });
}

/** kafkajs repeats what fails by itself and tells of each try as an error, and of each rebalance as a warning. */
function forward({ level, log: { error, message }, namespace }: LogEntry, log: Logger): void {
  const fields = { client: namespace, error: error === undefined ? undefined : String(error) };
  if (level === logLevel.ERROR && !message.startsWith("Response ")) log.warn(message, fields);
  else log.debug(message, fields);
}
