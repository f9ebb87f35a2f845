import { errorText, type LogFields, type Logger } from "../telemetry/log.ts";
import type { Peer, TlsOptions } from "./tls_options.ts";

/** Longest time for the handshake that finds out, milliseconds. */
const DEADLINE = 3000;
/** Wait before a handshake that was cut off is tried again, milliseconds. */
const AGAIN_MS = 500;
/** Time in which the same fault is told once, milliseconds: clients meet it at each of their tries. */
const QUIET = 30_000;

export interface Endpoint {
  host: string;
  port: number;
  /** Name that the certificate must have. Default the host. */
  name?: string | undefined;
}

/**
 * What is wrong between our settings and how a server speaks, found by a handshake of its own: the errors of Deno's
 * node:tls do not tell. Undefined when the server does not answer at all, or nothing is wrong that a handshake could show.
 *
 * @param tls undefined when we speak plain TCP
 */
export async function transportFault(
  peer: Peer,
  endpoint: Endpoint,
  tls: TlsOptions | undefined,
): Promise<string | undefined> {
  const { host, name = host, port } = endpoint;
  let problem = await handshake(endpoint, name, tls?.ca);
  // A server that is ending cuts the handshake off like one that speaks no TLS: soon it does not answer at all.
  if (!isTls(problem) && problem !== "absent") {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    problem = await handshake(endpoint, name, tls?.ca);
  }
  if (problem === "absent") return undefined;
  const speaksTls = isTls(problem);
  if (!tls) {
    return speaksTls ? `${host}:${port} speaks TLS: set ${peer}_TLS=true, or name a plain port` : undefined;
  }
  if (!speaksTls) {
    return `${host}:${port} does not speak TLS (${problem}): name its TLS port, or set ${peer}_TLS=false`;
  }
  if (problem === undefined) return undefined;
  if (/^peer is incompatible/.test(problem)) return `${host}:${port} (${problem}): ${VERSIONS}`;
  const alert = alertFault(peer, problem, tls);
  if (alert !== undefined) return `${host}:${port}: ${alert}`;
  return `the certificate of ${host}:${port} ${refusal(peer, name, problem)}`;
}

/** Alerts by which a server tells what it thinks of the client's certificate; which one it sends differs by TLS library and release. */
const CERTIFICATE_ALERT = /Certificate|UnknownCA|AccessDenied/;
/** Alerts about what both sides can speak. Any other, such as `InternalError`, may be about a certificate as well. */
const VERSION_ALERT = /ProtocolVersion|InsufficientSecurity|InappropriateFallback/;
const VERSIONS = "let the server speak TLS 1.2 or 1.3 with a current cipher suite";

/**
 * What a server's TLS alert means, where an error's text has one. Our settings decide between "set" and "check": one server answers a
 * missing certificate with `BadCertificate`, another with `CertificateRequired`.
 *
 * @param tls our side; undefined where we speak plain TCP
 */
export function alertFault(
  peer: Peer,
  text: string,
  tls: Pick<TlsOptions, "cert"> | undefined,
): string | undefined {
  const alert = /received fatal alert: (\w+)/.exec(text)?.[1];
  if (alert === undefined) return undefined;
  const files = `${peer}_CERT_FILE and ${peer}_KEY_FILE`;
  const refused = `the server refuses the TLS connection (${alert})`;
  if (CERTIFICATE_ALERT.test(alert)) {
    return tls?.cert === undefined
      ? `the server wants a client certificate: set ${files}`
      : `${refused}: check ${files}`;
  }
  if (VERSION_ALERT.test(alert)) return `${refused}: ${VERSIONS}`;
  const verb = tls?.cert === undefined ? "set" : "check";
  return `${refused}: ${verb} ${files} where it wants a client certificate, else see the server's log`;
}

function refusal(peer: Peer, name: string, problem: string): string {
  if (/UnknownIssuer|CaUsedAsEndEntity/.test(problem)) {
    return `is signed by no CA that is trusted: set ${peer}_CA_FILE to the file with its CA`;
  }
  if (/Expired/.test(problem)) return "has expired: renew it on the server";
  if (/NotValidYet/.test(problem)) return "is not valid yet: compare the clocks of both machines";
  if (/not valid for name|NotValidForName/.test(problem)) {
    const remedy = peer === "KAFKA"
      ? "set KAFKA_SERVER, and the brokers' advertised listeners, to a name that it has"
      : "set CASSANDRA_SERVER_NAME to a name that it has";
    return `is not for ${name}: ${remedy}`;
  }
  return `cannot be trusted (${problem}): check ${peer}_CA_FILE`;
}

/** Whether the outcome of a handshake shows that the other side speaks TLS. */
const isTls = (problem: string | undefined): boolean =>
  problem === undefined || /^(invalid peer certificate|received fatal|peer is incompatible)/.test(problem);

/** Undefined when the handshake succeeds, `absent` when nobody answers, else the problem. */
async function handshake(
  { host, port }: Endpoint,
  name: string,
  ca: string | undefined,
): Promise<string | undefined> {
  let connection: Deno.TcpConn | Deno.TlsConn;
  try {
    connection = await Deno.connect({ hostname: host, port, signal: AbortSignal.timeout(DEADLINE) });
  } catch {
    return "absent";
  }
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    close(connection);
  }, DEADLINE);
  try {
    const secure = await Deno.startTls(connection, { hostname: name, caCerts: ca === undefined ? [] : [ca] });
    connection = secure;
    await secure.handshake();
    return undefined;
  } catch (error) {
    const text = errorText(error).split("\n")[0]!;
    // A server that hangs, or is being stopped, tells nothing of what it speaks.
    return late || /os error/.test(text) ? "absent" : text;
  } finally {
    clearTimeout(timer);
    if (!late) close(connection);
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // The failed handshake has closed it.
  }
}

/** Tells of faults as they come, and of the same one only now and then. */
export class FaultLog {
  #told: { fault: string; at: number } | undefined;

  /** @param now milliseconds, monotonic */
  constructor(readonly log: Logger, readonly now: () => number = () => performance.now()) {}

  tell(message: string, fault: string, fields: LogFields): void {
    const again = this.#told?.fault === fault && this.now() - this.#told.at < QUIET;
    if (!again) this.#told = { fault, at: this.now() };
    this.log[again ? "debug" : "warn"](message, { ...fields, error: fault });
  }
}
