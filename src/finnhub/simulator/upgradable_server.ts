import type { ListenAddress } from "../../settings/parsers.ts";

/** A server whose requests may become websockets, which needs the runtime's own. */
export interface UpgradableServer {
  /** `http://host:port` with the port that was bound. */
  url: string;
  close(): Promise<void>;
}

/**
 * Serves an app until closed.
 *
 * @throws {Error} that names the address when it cannot be bound.
 */
export function serveUpgradable(
  app: { fetch(request: Request): Response | Promise<Response> },
  listen: ListenAddress,
): UpgradableServer {
  try {
    const server = Deno.serve({ ...listen, onListen: () => {} }, (request) => app.fetch(request));
    const { hostname, port } = server.addr;
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    return { url: `http://${host}:${port}`, close: () => server.shutdown() };
  } catch (cause) {
    const address = `${listen.hostname}:${listen.port}`;
    throw new Error(`cannot listen on ${address}; choose another address with --listen`, { cause });
  }
}
