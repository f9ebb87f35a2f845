/** Clients of the simulator that are no {@linkcode Feed}: one that takes down all, one on a bare socket. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { FrameTrade } from "../../src/finnhub/simulator/market_source.ts";
import { type FeedBench, holds, TOKEN } from "./feed_bench.ts";

export const trade = (s: string, p: number): FrameTrade => ({ s, p, t: 1_700_000_000_000 + p, v: 1 });
export const subscribe = (symbol: string) => JSON.stringify({ type: "subscribe", symbol });

/** A client of the simulator that takes down all that it is sent. */
export class RawClient implements AsyncDisposable {
  readonly frames: Record<string, unknown>[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  /** Called after each frame. */
  onFrame: (frame: Record<string, unknown>) => void = () => {};

  constructor(wsUrl: string, token: string) {
    this.socket = new WebSocket(`${wsUrl}/?token=${token}`);
    this.closed = new Promise((resolve) => this.socket.onclose = ({ code }) => resolve(code));
    this.socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      this.frames.push(frame);
      this.onFrame(frame);
    };
  }

  static async connect({ simulator }: FeedBench, token = TOKEN): Promise<RawClient> {
    const client = new RawClient(simulator.wsUrl, token);
    await new Promise<void>((resolve, reject) => {
      client.socket.onopen = () => resolve();
      client.socket.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event instanceof ErrorEvent ? event.message : "no websocket"));
      };
    });
    return client;
  }

  of(type: string): Record<string, unknown>[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  prices(): number[] {
    return this.of("trade").flatMap(({ data }) => (data as FrameTrade[]).map(({ p }) => p));
  }

  /** Resolves when the simulator has read all that was sent so far: it answers in order. */
  async heard(): Promise<void> {
    const before = this.of("error").length;
    this.socket.send("?");
    await holds("an answer", () => this.of("error").length > before);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** A websocket client on a bare socket, which reads when the test tells it to. */
export class BareClient implements Disposable {
  readonly #frames = new FrameReader();
  readonly prices: number[] = [];

  constructor(readonly peer: Deno.TcpConn) {}

  static async connect({ simulator }: FeedBench, symbol: string): Promise<BareClient> {
    const { hostname, port } = new URL(simulator.wsUrl);
    const peer = await Deno.connect({ hostname, port: Number(port) });
    const request =
      `GET /?token=${TOKEN} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    await peer.write(new TextEncoder().encode(request));
    // The simulator sends nothing before a subscription, so that this is the answer and no more.
    let answer = "";
    const bytes = new Uint8Array(4096);
    while (!answer.includes("\r\n\r\n")) {
      answer += new TextDecoder().decode(bytes.subarray(0, await peer.read(bytes) ?? 0));
    }
    assertStringIncludes(answer, " 101 ");
    // A client's text frame (RFC 6455, section 5.2) of less than 126 bytes, under the mask 0.
    const payload = new TextEncoder().encode(subscribe(symbol));
    await peer.write(new Uint8Array([0x81, 0x80 | payload.length, 0, 0, 0, 0, ...payload]));
    return new BareClient(peer);
  }

  /** Reads what is there, at most 1 MiB; false at the connection's end. */
  async read(): Promise<boolean> {
    const bytes = new Uint8Array(1_048_576);
    const length = await this.peer.read(bytes);
    if (length === null) return false;
    for (const frame of this.#frames.take(bytes.subarray(0, length))) {
      this.prices.push(...JSON.parse(frame).data.map(({ p }: FrameTrade) => p));
    }
    return true;
  }

  [Symbol.dispose](): void {
    this.peer.close();
  }
}

/** Takes a server's text frames (RFC 6455, section 5.2) out of a stream of bytes. */
export class FrameReader {
  #rest = new Uint8Array();

  *take(bytes: Uint8Array): Generator<string> {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const view = new DataView(all.buffer);
    let at = 0;
    while (at + 4 <= all.length) {
      assertEquals(view.getUint8(at), 0x81, "not a whole text frame");
      const short = view.getUint8(at + 1);
      assert(short < 127, "a frame of 64 KiB or more");
      const start = at + (short === 126 ? 4 : 2);
      const end = start + (short === 126 ? view.getUint16(at + 2) : short);
      if (end > all.length) break;
      yield new TextDecoder().decode(all.subarray(start, end));
      at = end;
    }
    this.#rest = all.slice(at);
  }
}
