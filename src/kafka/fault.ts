import { withPort } from "../settings/parsers.ts";
import type { Settings } from "../settings/settings.ts";
import { alertFault, transportFault } from "../transport/fault.ts";
import type { TlsOptions } from "../transport/tls_options.ts";

type Login = Pick<Settings, "kafkaSasl" | "kafkaUser">;
type Brokers = Pick<Settings, "kafkaServer" | "kafkaPort">;

/**
 * Which setting is wrong, and what to do, when kafkajs cannot connect; undefined when it is no setting's fault.
 *
 * @param text what kafkajs says
 * @param broker `host:port`; the first of the settings when undefined
 * @param tls undefined where we speak plain TCP
 */
export async function kafkaFault(
  settings: Login & Brokers,
  text: string,
  tls: TlsOptions | undefined,
  broker?: string,
): Promise<string | undefined> {
  const known = loginFault(text, settings) ?? alertFault("KAFKA", text, tls);
  if (known !== undefined || !/connect|closed|timeout|timed out|UNKNOWN/i.test(text)) return known;
  const address = broker ?? withPort(settings.kafkaServer, settings.kafkaPort)[0]!;
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  if (host === undefined) return undefined;
  const fault = await transportFault("KAFKA", { host, port: Number(port) }, tls);
  if (fault !== undefined || !/closed/i.test(text) || settings.kafkaSasl !== undefined) return fault;
  return `${address} closes the connection: where it wants a login, set KAFKA_SASL_MECHANISM, KAFKA_USER and KAFKA_PASSWORD`;
}

function loginFault(text: string, { kafkaSasl, kafkaUser }: Login): string | undefined {
  if (kafkaSasl === undefined) return undefined;
  if (/mechanism is not supported|not support the requested SASL mechanism/.test(text)) {
    return `the brokers do not know ${kafkaSasl}: set KAFKA_SASL_MECHANISM to one that they have`;
  }
  if (/current SASL state/.test(text)) {
    return "the brokers want no login on this port: leave KAFKA_SASL_MECHANISM empty, or name their other port";
  }
  if (/Authentication failed/i.test(text) || (/SASL/i.test(text) && /failed|Invalid/i.test(text))) {
    return `the brokers refuse the login ${kafkaUser}: check KAFKA_USER, KAFKA_PASSWORD and KAFKA_SASL_MECHANISM`;
  }
  return undefined;
}
