import type { TradeHub } from "../market/live_trades.ts";
import { seenTrades } from "../market/seen_trades.ts";
import type { SeenTrade } from "../market/reader.ts";
import type { Histogram } from "../telemetry/metrics.ts";
import type { LogHandler, LogMessage } from "./ports.ts";

export interface LiveFollowerOptions {
  hub: TradeHub;
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

  process(_partition: number, messages: readonly LogMessage[]): Promise<void> {
    const { hub, latency, now } = this.options;
    for (const { schema, timestamp, value } of messages) {
      const trades = seenTrades(value, now(), schema);
      // One message is of one symbol by our producer's rule; another's need not be.
      for (const [symbol, own] of bySymbol(trades)) hub.publish({ symbol, received: timestamp, trades: own });
      latency.observe((now() - timestamp) / 1000, trades.length);
    }
    return Promise.resolve();
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
