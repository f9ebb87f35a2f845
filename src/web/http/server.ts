import type { ListenAddress } from "../../settings/parsers.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { MetricRegistry } from "../../telemetry/metrics.ts";
import { measureProcess } from "../../telemetry/process_metrics.ts";
import { type App, Connection, type ConnectionLimits } from "./connection.ts";

/** A running HTTP server. */
export interface HttpServer {
  /** `http://host:port` with the port that was bound. */
  url: string;
  /** Takes no more connections; resolves when those that were open are closed. */
  close(): Promise<void>;
}

export interface HttpLimits extends ConnectionLimits {
  /** Connections at once; those beyond are closed at once. Below what a process may open, of which the data's way needs some. */
  connections: number;
  /** Of these, of one address. */
  perAddress: number;
}

export const HTTP_LIMITS: HttpLimits = {
  connections: 512,
  perAddress: 384,
  requestMs: 10_000,
  idleMs: 60_000,
  writeMs: 30_000,
  headBytes: 16_384,
  bodyBytes: 65_536,
};

/** Wait after a connection could not be taken, milliseconds. */
const RETRY_MS = 200;
/** Time between two log lines about it, milliseconds. */
const QUIET_MS = 60_000;

export interface HttpOptions {
  registry: MetricRegistry;
  log: Logger;
  /** The flag that says where it listens, for an error. Default `--http-listen`. */
  flag?: string;
  limits?: Partial<HttpLimits>;
}

/**
 * Serves an app until closed. Written over TCP because `Deno.serve` has no bound on connections, on those of one address and on the
 * time for a request's head, and ends for good when the process has no more file descriptors: none of it may stop a role.
 *
 * @throws {Error} that names the address when it cannot be bound.
 */
export function serveHttp(
  app: App,
  listen: ListenAddress,
  { flag = "--http-listen", limits, log, registry }: HttpOptions,
): HttpServer {
  const bounds = { ...HTTP_LIMITS, ...limits };
  const listener = bind(listen, flag);
  const connections = new Set<Connection>();
  const byAddress = new Map<string, number>();
  const refused = registry.counter(
    "finnhub_pipe_http_refused_total",
    "Connections closed at once, because there were too many or they could not be taken",
  );
  measureProcess(registry);
  registry.gaugeOf("finnhub_pipe_http_connections", "Open HTTP connections", () => connections.size);
  registry.gaugeOf(
    "finnhub_pipe_log_lines_dropped",
    "Log lines that could not be written",
    () => log.dropped,
  );

  const serve = async (wire: Deno.TcpConn, address: string) => {
    const connection = new Connection(wire, address, app, bounds);
    connections.add(connection);
    byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
    await connection.run();
    connections.delete(connection);
    const left = byAddress.get(address)! - 1;
    if (left === 0) byAddress.delete(address);
    else byAddress.set(address, left);
  };

  let closed = false;
  let toldAt = -Infinity;
  const accepting = (async () => {
    while (!closed) {
      try {
        const wire = await listener.accept();
        const address = wire.remoteAddr.hostname;
        if (connections.size < bounds.connections && (byAddress.get(address) ?? 0) < bounds.perAddress) {
          serve(wire, address);
          continue;
        }
        refused.add();
        wire.close();
      } catch (error) {
        if (closed) return;
        refused.add();
        if (performance.now() - toldAt > QUIET_MS) {
          toldAt = performance.now();
          log.warn("a connection could not be taken, trying again", { error: error as Error });
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  })();

  const { hostname, port } = listener.addr as Deno.NetAddr;
  return {
    url: `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`,
    close: async () => {
      closed = true;
      listener.close();
      await accepting;
      const ending = [...connections];
      for (const connection of ending) connection.close();
      while (connections.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
}

function bind(listen: ListenAddress, flag: string): Deno.TcpListener {
  try {
    return Deno.listen({ ...listen });
  } catch (cause) {
    const address = `${listen.hostname}:${listen.port}`;
    throw new Error(`cannot listen on ${address}; choose another address with ${flag}`, {
      cause,
    });
  }
}
