import type { Misbehaviour } from "../../settings/settings.ts";
import type { FrameTrade } from "./market_source.ts";
import { withFault } from "./misbehave.ts";

export interface ClientOptions {
  socket: WebSocket;
  symbolLimit: number;
  nextFault(): Misbehaviour | undefined;
  random: () => number;
  onSubscribe(): void;
  onFault(fault: Misbehaviour): void;
  onClose(): void;
}

/** Longest message that a client may send, in characters. */
const MAX_REQUEST = 1000;

const errorFrame = (message: string) => JSON.stringify({ type: "error", msg: message });

/** One connection to the simulator: its subscriptions, and what it is sent. */
export class SimulatorClient {
  readonly #symbols = new Set<string>();
  #silent = false;

  constructor(readonly options: ClientOptions) {
    const { onClose, socket } = options;
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = onClose;
    socket.onerror = () => {};
  }

  /** Whether it gets the trades of a symbol at all. */
  get listening(): boolean {
    return this.#open && !this.#silent && this.#symbols.size > 0;
  }

  /** Characters that are sent and not yet on their way. */
  get buffered(): number {
    return this.#open ? this.options.socket.bufferedAmount : 0;
  }

  /** Sends those of a frame's trades whose symbols are subscribed to; the number of them. */
  deliver(trades: readonly FrameTrade[]): number {
    if (!this.#open || this.#silent) return 0;
    const own = trades.filter(({ s }) => this.#symbols.has(s));
    if (own.length === 0) return 0;
    const fault = this.options.nextFault();
    if (fault) this.options.onFault(fault);
    const { send, then } = withFault(own, fault, this.options.random);
    for (const frame of send) this.options.socket.send(frame);
    if (then === "drop") this.close();
    if (then === "hang") this.#silent = true;
    return then === "hang" ? 0 : own.length;
  }

  ping(): void {
    this.#send('{"type":"ping"}');
  }

  /** Closes the connection; `onClose` is called when that is done. */
  close(): void {
    const { socket } = this.options;
    // Deno opens a server's socket all the same when it is closed before.
    if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
    else if (socket.readyState === WebSocket.OPEN) socket.close();
  }

  get #open(): boolean {
    return this.options.socket.readyState === WebSocket.OPEN;
  }

  #send(frame: string): void {
    if (this.#open && !this.#silent) this.options.socket.send(frame);
  }

  #receive(data: unknown): void {
    const request = readRequest(data);
    if (!request) return this.#send(errorFrame("Invalid message"));
    if (request.type === "unsubscribe") {
      this.#symbols.delete(request.symbol);
      return;
    }
    if (!this.#symbols.has(request.symbol) && this.#symbols.size >= this.options.symbolLimit) {
      return this.#send(errorFrame("Subscribing to too many symbols"));
    }
    this.#symbols.add(request.symbol);
    this.options.onSubscribe();
  }
}

function readRequest(data: unknown): { type: "subscribe" | "unsubscribe"; symbol: string } | undefined {
  if (typeof data !== "string" || data.length > MAX_REQUEST) return undefined;
  try {
    const { symbol, type } = JSON.parse(data);
    const valid = (type === "subscribe" || type === "unsubscribe") && typeof symbol === "string" &&
      symbol !== "";
    return valid ? { type, symbol } : undefined;
  } catch {
    return undefined;
  }
}
