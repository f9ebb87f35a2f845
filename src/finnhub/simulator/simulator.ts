import { Hono } from "hono";
import type { ListenAddress } from "../../settings/parsers.ts";
import type { Misbehaviour } from "../../settings/settings.ts";
import type { Hole } from "../../settings/simulator.ts";
import { errorText, type Logger } from "../../telemetry/log.ts";
import type { MetricRegistry } from "../../telemetry/metrics.ts";
import { delay, every } from "../../async/wait.ts";
import { serveUpgradable } from "./upgradable_server.ts";
import type { MarketSource } from "./market_source.ts";
import { cutHoles, isAway } from "./holes.ts";
import { faultPlan } from "./misbehave.ts";
import { seededRandom } from "../random.ts";
import { SimulatorClient } from "./client.ts";
import { listingOf } from "./listing.ts";
import { PlayedTrades } from "./played_trades.ts";
import { Quotes } from "./quotes.ts";
import { addRestApi, singleSlashes } from "./rest_api.ts";

export interface SimulatorOptions {
  listen: ListenAddress;
  source: MarketSource;
  /** The only token that is accepted; any when empty. */
  token: string;
  symbolLimit: number;
  /** Time between pings, milliseconds. */
  pingInterval: number;
  misbehave: readonly Misbehaviour[];
  /** Mean number of frames between two faults. */
  misbehaveEvery: number;
  /** Times in which it is away while its market goes on. Default none. */
  holes?: readonly Hole[];
  seed: number;
  log: Logger;
  registry: MetricRegistry;
  /** Milliseconds since the epoch; the market's times start from it. Default: the system's clock. */
  clock?: () => number;
}

export interface Simulator {
  /** Websocket address, to which a client adds `?token=…`. */
  wsUrl: string;
  /** Base of the REST API. */
  restUrl: string;
  /**
   * Resolves when the market has come to its end, as a replay does that does not loop; rejects with what it failed
   * with.
   */
  finished: Promise<void>;
  close(): Promise<void>;
}

/** Time without a further subscription after which a client has named all its symbols: it names one after another. */
const SETTLE_MS = 100;
/** How long clients may take to close when the simulator stops, milliseconds. */
const CLOSE_MS = 1000;
/** Characters that may wait in a client's socket before the market waits for it. */
const MAX_BUFFERED = 1_048_576;

/**
 * Serves what Finnhub serves: a websocket of trades, symbol look-ups and quotes. The market starts with the first subscription, and
 * each client gets the trades of its symbols. Without a client time goes on and frames are lost, as in reality; only
 * a replay at greatest speed waits until a client listens (again). At its end connections stay open and are pinged.
 */
export function startSimulator(options: SimulatorOptions): Simulator {
  const { listen, log, misbehave, misbehaveEvery, pingInterval, registry, seed, source, symbolLimit, token } =
    options;
  const { clock = Date.now, holes = [] } = options;
  const random = seededRandom(seed ^ 0x5eed);
  const nextFault = faultPlan({ kinds: misbehave, every: misbehaveEvery, random });
  const faults = registry.counter("finnhub_pipe_simulator_faults_total", "Faults injected, by kind");
  const trades = registry.counter("finnhub_pipe_simulator_trades_total", "Trades sent, over all clients");
  // One connection a token; those that still close are in `open` alone.
  const clients = new Map<string, SimulatorClient>();
  const open = new Set<SimulatorClient>();
  registry.gaugeOf("finnhub_pipe_simulator_clients", "Connected clients", () => clients.size);
  const stop = new AbortController();
  let settling: number | undefined;
  let settled = Promise.withResolvers<void>();
  let allClosed: (() => void) | undefined;
  /** When the market has started, by the monotonic clock. */
  let start = Infinity;

  /** Resolves when a client listens and has named all its symbols. */
  const audience = async () => {
    while (settling !== undefined || ![...clients.values()].some(({ listening }) => listening)) {
      stop.signal.throwIfAborted();
      settled = Promise.withResolvers<void>();
      await settled.promise;
    }
  };

  const accepts = (given: string | null | undefined): given is string =>
    given !== null && given !== undefined && given !== "" && (token === "" || given === token);

  const connect = (request: Request, key: string): Response => {
    const { response, socket } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    const client = new SimulatorClient({
      socket,
      symbolLimit,
      nextFault,
      random,
      onSubscribe: () => {
        clearTimeout(settling);
        settling = setTimeout(() => {
          settling = undefined;
          settled.resolve();
        }, SETTLE_MS);
      },
      onFault: (fault) => faults.add(1, { fault }),
      onClose: () => {
        if (clients.get(key) === client) clients.delete(key);
        open.delete(client);
        if (open.size === 0) allClosed?.();
        log.info("client left", { clients: clients.size });
      },
    });
    clients.get(key)?.close();
    clients.set(key, client);
    open.add(client);
    log.info("client connected", { clients: clients.size });
    return response;
  };

  const app = new Hono({ getPath: singleSlashes });
  app.get("/", (c) => {
    const given = c.req.query("token");
    if (!accepts(given)) return c.json({ error: "Invalid API key" }, 401);
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") return c.text("connect by websocket\n", 426);
    // As a gateway does whose server is away.
    if (isAway(holes, performance.now() - start)) return c.text("away\n", 502);
    try {
      return connect(c.req.raw, given);
    } catch (error) {
      return c.text(`not a websocket handshake: ${errorText(error)}\n`, 400);
    }
  });
  const quotes = new Quotes(source);
  const played = new PlayedTrades();
  addRestApi(app, { listing: listingOf(source), quotes, played, accepts, now: clock });

  const play = async () => {
    await audience();
    start = performance.now();
    cutHoles(holes, () => clients.forEach((client) => client.close()), stop.signal);
    let count = 0;
    for await (const frame of source.frames(clock(), stop.signal)) {
      const wait = () => frame.due - (performance.now() - start);
      while (wait() > 1) await delay(wait(), stop.signal);
      // The event loop must turn now and then even when the market runs at greatest speed.
      if (++count % 64 === 0) await delay(0, stop.signal);
      if (source.waitsForClient) await audience();
      quotes.note(frame.trades);
      played.note(frame.trades);
      for (const client of clients.values()) trades.add(client.deliver(frame.trades));
      while ([...clients.values()].some(({ buffered }) => buffered > MAX_BUFFERED)) {
        await delay(1, stop.signal);
      }
    }
    stop.signal.throwIfAborted();
    log.info("the market has come to its end", { trades: trades.value() });
  };
  const playing = play().catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  const stopPings = every(pingInterval, () => clients.forEach((client) => client.ping()));
  const http = serveUpgradable(app, listen);

  return {
    wsUrl: http.url.replace("http:", "ws:"),
    restUrl: `${http.url}/api/v1`,
    finished: playing,
    close: async () => {
      stopPings();
      clearTimeout(settling);
      stop.abort();
      settled.resolve();
      const allGone = new Promise<void>((resolve) => {
        if (open.size === 0) resolve();
        else allClosed = resolve;
      });
      open.forEach((client) => client.close());
      const patience = new AbortController();
      await Promise.race([allGone, delay(CLOSE_MS, patience.signal).catch(() => {})]);
      patience.abort();
      // What a market failed with is for those who wait for its end.
      await Promise.all([playing.catch(() => {}), http.close()]);
    },
  };
}
