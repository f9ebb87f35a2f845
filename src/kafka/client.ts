import type { ConnectionOptions } from "node:tls";
import { type ISocketFactory, Kafka, type LogEntry, logLevel, type SASLOptions } from "kafkajs";
import { withPort } from "../settings/parsers.ts";
import { SettingError } from "../settings/read_settings.ts";
import type { KafkaSettings } from "../settings/kafka.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import { FaultLog } from "../transport/fault.ts";
import { type TlsOptions, tlsOptions } from "../transport/tls_options.ts";
import { brokerName, brokerSocket, withAddresses } from "./broker_address.ts";
import { kafkaFault } from "./fault.ts";
import { readEveryBatch } from "./fixes/fetch_answers.ts";
import { requireAcknowledgement } from "./fixes/produce_answers.ts";
import { stopIdlePolling } from "./fixes/request_queue.ts";

stopIdlePolling();
readEveryBatch();
requireAcknowledgement();

/**
 * Makes a kafkajs client; nothing is connected yet.
 *
 * @param role names it to the brokers
 * @param retries how often it repeats by itself what fails
 * @param requestTimeout milliseconds in which a broker must answer
 * @throws {SettingError} for settings of TLS or login that contradict each other.
 */
export function kafkaClient(
  settings: KafkaSettings,
  role: string,
  log: Logger,
  retries = 8,
  requestTimeout = 30_000,
): Kafka {
  const ssl = kafkaTls(settings);
  const sasl = login(settings);
  if (sasl?.mechanism === "plain" && !ssl) {
    log.warn(
      "Kafka's password goes over the network in the clear; set KAFKA_TLS=true, or log in by scram-sha-512",
    );
  }
  return new Kafka({
    clientId: `finnhub-pipe-${role}`,
    brokers: withPort(settings.kafkaServer, settings.kafkaPort).map(brokerName),
    socketFactory: brokerSocket as unknown as ISocketFactory,
    // kafkajs takes the options anew for each connection.
    ...(ssl && { ssl: ssl as ConnectionOptions }),
    ...(sasl && { sasl }),
    connectionTimeout: 3000,
    requestTimeout,
    retry: { initialRetryTime: 200, maxRetryTime: 5000, retries },
    logLevel: logLevel.INFO,
    logCreator: () => {
      const faults = new FaultLog(log);
      const told = { at: -Infinity };
      return (entry) =>
        forward(entry, log, faults, (text, broker) => kafkaFault(settings, text, ssl, broker), told);
    },
  });
}

/** How to speak TLS to the brokers; undefined when it is off. */
function kafkaTls(settings: KafkaSettings): TlsOptions | undefined {
  const { kafkaCaFile: ca, kafkaCertFile: cert, kafkaKeyFile: key, kafkaTls: tls } = settings;
  return tlsOptions("KAFKA", { tls, ca, cert, key });
}

function login({ kafkaPassword: password, kafkaSasl: mechanism, kafkaUser: username }: KafkaSettings):
  | SASLOptions
  | undefined {
  const lacks = (variable: string, remedy: string): never => {
    throw new SettingError(`${variable} is not set; ${remedy}`);
  };
  if (mechanism === undefined) {
    if (username !== "" || password !== "") {
      lacks("KAFKA_SASL_MECHANISM", "a Kafka login needs it: plain, scram-sha-256 or scram-sha-512");
    }
    return undefined;
  }
  if (username === "") {
    lacks("KAFKA_USER", `${mechanism} needs it, or leave KAFKA_SASL_MECHANISM empty for no login`);
  }
  if (password === "") lacks("KAFKA_PASSWORD", `${mechanism} needs it`);
  return { mechanism, username, password } as SASLOptions;
}

/** Between two lines of the library's own, milliseconds: whoever waits for it tells what is wrong. */
const TELL_EVERY_MS = 60_000;

/** kafkajs repeats what fails by itself and tells of each try as an error, and of each rebalance as a warning. */
function forward(
  { level, log: { broker, error, message: text }, namespace }: LogEntry,
  log: Logger,
  faults: FaultLog,
  faultOf: (text: string, broker?: string) => Promise<string | undefined>,
  told: { at: number },
): void {
  const message = withAddresses(text);
  const fields = {
    client: namespace,
    error: error === undefined ? undefined : withAddresses(String(error)),
  };
  if (level !== logLevel.ERROR || message.startsWith("Response ")) return log.debug(message, fields);
  faultOf(`${message} ${fields.error ?? ""}`, broker && withAddresses(broker)).then((fault) => {
    if (fault === undefined) {
      const now = performance.now();
      const quiet = NOT_REACHED.test(`${message} ${fields.error ?? ""}`) || now - told.at < TELL_EVERY_MS;
      if (!quiet) told.at = now;
      log[quiet ? "debug" : "warn"](message, fields);
    } else faults.tell("Kafka cannot be used as it is set", fault, fields);
  });
}

/** What is said by whoever wanted to reach a broker, with the remedy. */
const NOT_REACHED =
  /connection (error|timeout)|failed to (connect|find)|seed broker|closed connection|crash|retries|not connected|disconnected/i;

/** Which setting keeps us from the brokers, and what to do; undefined when it is no setting's fault. */
export async function kafkaSettingFault(
  error: unknown,
  settings: KafkaSettings,
): Promise<string | undefined> {
  return await kafkaFault(settings, errorText(error), kafkaTls(settings));
}
