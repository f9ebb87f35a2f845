import type { TradeHub } from "../market/live_trades.ts";
import { type AvroMessage, MessageError } from "../market/message.ts";
import { secondsSince } from "../market/message_time.ts";
import type { SeenTrade } from "../market/reader.ts";
import { goodTrades } from "../market/seen_trades.ts";
import type { Histogram } from "../telemetry/metrics.ts";
import { readMessage } from "./decode.ts";
import type { Decoder, LogHandler, LogMessage } from "./ports.ts";

export interface LiveFollowerOptions {
  hub: TradeHub;
  decoder: Decoder;
  /** Called when messages may have been missed: after a start, a lost connection, another layout. */
  onGap(): void;
  /** From the producer's send to here, seconds. */
  latency: Histogram;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Shows what a log brings to those who follow trades live. It keeps nothing, and commits nothing. */
export class LiveFollower implements LogHandler {
  constructor(readonly options: LiveFollowerOptions) {}

  assigned(): void {
    this.options.onGap();
  }

  revoking(): Promise<void> {
    return Promise.resolve();
  }

  stopping(): Promise<void> {
    return Promise.resolve();
  }

  async process(_partition: number, messages: readonly LogMessage[]): Promise<void> {
    const { hub, latency, now } = this.options;
    for (const message of messages) {
      const { timestamp } = message;
      const decoded = await this.#decoded(message);
      if (decoded === undefined) continue;
      const trades = goodTrades(decoded, timestamp);
      // One message is of one symbol by our producer's rule; another's need not be.
      for (const [symbol, own] of bySymbol(trades)) hub.publish({ symbol, received: timestamp, trades: own });
      const seconds = secondsSince(timestamp, now());
      if (seconds !== undefined) latency.observe(seconds, trades.length);
    }
  }

  async #decoded(message: LogMessage): Promise<AvroMessage | undefined> {
    try {
      return await readMessage(this.options.decoder, message);
    } catch (error) {
      // The processor tells of it.
      if (error instanceof MessageError) return undefined;
      throw error;
    }
  }
}

function bySymbol(trades: readonly SeenTrade[]): Map<string, SeenTrade[]> {
  const groups = new Map<string, SeenTrade[]>();
  for (const trade of trades) {
    const group = groups.get(trade.symbol);
    if (group) group.push(trade);
    else groups.set(trade.symbol, [trade]);
  }
  return groups;
}
