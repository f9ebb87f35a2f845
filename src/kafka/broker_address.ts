import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { inWholeAnswers } from "./fixes/whole_answers.ts";

/** Before a name that stands for an IPv6 address: no host name has a slash. */
const PREFIX = "ipv6/";
const KEEP_ALIVE_MS = 60_000;

/**
 * A broker as kafkajs 2.2.4 takes it, which cuts `host:port` at the first colon (kafkajs issue 1589): an IPv6 address goes
 * through it under a name without one, which {@linkcode brokerSocket} knows.
 *
 * @param address `host:port` or `[v6]:port`
 */
export function brokerName(address: string): string {
  const [, host, port] = /^\[([0-9a-fA-F:.]+)\]:(\d+)$/.exec(address) ?? [];
  return host === undefined ? address : `${PREFIX}${host.replaceAll(":", "-")}:${port}`;
}

/** A text of kafkajs with the addresses that such names stand for. */
export const withAddresses = (text: string): string =>
  text.replaceAll(/ipv6\/([0-9a-fA-F.-]+)/g, (_, host: string) => `[${host.replaceAll("-", ":")}]`);

export interface BrokerSocketOptions {
  host: string;
  port: number;
  ssl?: ConnectionOptions;
  onConnect: () => void;
}

/** Connects to a broker as kafkajs would, by the address that its name stands for. */
export function brokerSocket({ host: name, onConnect, port, ssl }: BrokerSocketOptions): Socket {
  const host = name.startsWith(PREFIX) ? name.slice(PREFIX.length).replaceAll("-", ":") : name;
  const socket = ssl
    ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : connectPlain({ host, port }, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return inWholeAnswers(socket);
}
