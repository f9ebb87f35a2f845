/** A feed by itself, and a server whose sockets the test holds. */
import { assert } from "@std/assert";
import { Feed } from "../../src/finnhub/feed.ts";
import type { Trade } from "../../src/market/trade.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { SYMBOLS, TOKEN } from "./feed_bench.ts";
import { FINNHUB_ACCESS } from "../finnhub_access.ts";

/** A feed by itself, for servers that are no simulator or that are not there. */
export class LoneFeed implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly trades: Trade[] = [];
  readonly #registry = new MetricRegistry();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly feed: Feed;

  constructor(port: number, { idleTimeout = 20_000 } = {}) {
    this.feed = new Feed({
      ...FINNHUB_ACCESS,
      wsUrl: new URL(`ws://127.0.0.1:${port}`),
      token: TOKEN,
      symbols: SYMBOLS,
      idleTimeout,
      onTrades: (trades) => this.trades.push(...trades),
      registry: this.#registry,
      log: createLogger({
        level: "debug",
        format: "text",
        write: (line) => this.lines.push(line),
        now: Date.now,
      }),
      random: () => 0,
      now: Date.now,
    });
    this.#running = this.feed.run(this.#stop.signal);
  }

  count(name: string): number {
    const value = new RegExp(`^finnhub_pipe_feed_${name} (\\S+)$`, "m").exec(this.#registry.text())?.[1];
    return Number(value);
  }

  /** Stops the feed; the milliseconds that it took. */
  async stop(): Promise<number> {
    const start = performance.now();
    this.#stop.abort();
    await this.#running;
    return performance.now() - start;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    assert(!this.lines.join("\n").includes(TOKEN), "the token was logged");
  }
}

/** A server whose sockets the test holds: it may read, answer, say nothing, or go away. */
export class BareServer implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #peers: Deno.Conn[] = [];

  get port(): number {
    return this.#listener.addr.port;
  }

  async accept(): Promise<Deno.Conn> {
    const peer = await this.#listener.accept();
    this.#peers.push(peer);
    return peer;
  }

  /** Accepts a connection and does a websocket's handshake (RFC 6455, section 4.2.2). */
  async acceptWebSocket(): Promise<Deno.Conn> {
    const peer = await this.accept();
    const request = await readUntil(peer, "\r\n\r\n");
    const key = /^sec-websocket-key: (\S+)/im.exec(request)![1]!;
    const bytes = new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes));
    const headers = [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${hash.toBase64()}`,
    ];
    await peer.write(new TextEncoder().encode(`${headers.join("\r\n")}\r\n\r\n`));
    return peer;
  }

  [Symbol.dispose](): void {
    this.#peers.forEach((peer) => peer.close());
    this.#listener.close();
  }
}

export async function readUntil(peer: Deno.Conn, end: string): Promise<string> {
  const bytes = new Uint8Array(4096);
  let text = "";
  while (!text.includes(end)) {
    const length = await peer.read(bytes);
    if (length === null) throw new Error(`the peer left after ${JSON.stringify(text)}`);
    text += new TextDecoder().decode(bytes.subarray(0, length));
  }
  return text;
}

/** A server's text frame of less than 126 bytes. */
export function shortText(text: string): Uint8Array<ArrayBuffer> {
  const payload = new TextEncoder().encode(text);
  return new Uint8Array([0x81, payload.length, ...payload]);
}
