import type { Trade } from "../market/trade.ts";
import type { Logger } from "../telemetry/log.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import { type Span, TRACE_HEADER, type Tracer } from "../telemetry/tracing.ts";
import type { OutgoingMessage } from "./outgoing_message.ts";
import { type Parcel, parcels, PublisherBuffer } from "./publisher_buffer.ts";
import { PLAIN, type ValueFormat } from "./value_format.ts";

export interface TradePublisherOptions {
  topic: string;
  /** Trades held at most while the log is slow or away. */
  bufferTrades: number;
  /** Resolves when the log has all messages; rejects only when the signal is aborted. */
  send(topic: string, messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void>;
  /** Follows some of the messages; absent for none. */
  tracer?: Tracer | undefined;
  registry: MetricRegistry;
  log: Logger;
  /** Milliseconds, monotonic. */
  clock: () => number;
}

/** Trades of one request to the log: several frames go together when sending falls behind. */
const TRADES_PER_REQUEST = 5000;
/** Largest encoded message; brokers refuse 1 MiB and a refused message would block all behind it. */
const MAX_ENCODED_BYTES = 900_000;
/** Time between two warnings about shed trades, milliseconds. */
const SHED_WARNING_MS = 5000;

/** Takes trades from the feed and sends them to the log in order; holds them while it is away. */
export class TradePublisher {
  readonly #buffer: PublisherBuffer;
  readonly #metrics;
  #wake = Promise.withResolvers<void>();
  #closing = false;
  #inFlight = 0;
  #lastShedWarning = -Infinity;

  constructor(readonly options: TradePublisherOptions) {
    const { bufferTrades, registry } = options;
    this.#buffer = new PublisherBuffer(bufferTrades);
    const name = (suffix: string) => `finnhub_pipe_producer_${suffix}`;
    this.#metrics = {
      tradesIn: registry.counter(name("trades_in_total"), "Trades received from the feed"),
      tradesOut: registry.counter(name("trades_out_total"), "Trades acknowledged by the log"),
      shed: registry.counter(
        name("trades_shed_total"),
        "Trades dropped, oldest first, because the buffer was full",
      ),
      rejected: registry.counter(name("trades_rejected_total"), "Trades too large for a message"),
      bytes: registry.counter(name("bytes_out_total"), "Bytes of message values acknowledged by the log"),
      messages: registry.counter(name("messages_total"), "Messages acknowledged by the log"),
      sendSeconds: registry.histogram(
        name("send_seconds"),
        "Time of one request to the log, repeats included",
      ),
    };
    registry.gaugeOf(name("buffered_trades"), "Trades that wait for the log", () => this.pending);
  }

  /** Trades that are not yet acknowledged. */
  get pending(): number {
    return this.#buffer.size + this.#inFlight;
  }

  /** Whether less than half of the buffer is in use. */
  get keepingUp(): boolean {
    return this.#buffer.size * 2 < this.options.bufferTrades;
  }

  /** Trades so far: received = sent + shed + rejected + {@linkcode pending}. */
  totals(): { received: number; sent: number; shed: number; rejected: number } {
    const { rejected, shed, tradesIn, tradesOut } = this.#metrics;
    return {
      received: tradesIn.value(),
      sent: tradesOut.value(),
      shed: shed.value(),
      rejected: rejected.value(),
    };
  }

  /** Takes the trades of one frame. */
  add(trades: readonly Trade[], receivedAt: number): void {
    this.#metrics.tradesIn.add(trades.length);
    let shed = 0;
    for (const parcel of parcels(trades, receivedAt)) shed += this.#buffer.add(parcel);
    if (shed > 0) this.#countShed(shed);
    this.#wake.resolve();
  }

  /** Takes no more; {@linkcode run} ends when all that waits is sent. */
  close(): void {
    this.#closing = true;
    this.#wake.resolve();
  }

  /** Sends until closed and empty, or until the signal is aborted; the number of trades that were not sent. */
  async run(signal: AbortSignal, format: ValueFormat = PLAIN): Promise<number> {
    const onAbort = () => this.#wake.resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      while (!signal.aborted) {
        const batch = this.#buffer.take(TRADES_PER_REQUEST);
        if (batch.length > 0) await this.#sendBatch(batch, format, signal);
        else if (this.#closing) break;
        else {
          await this.#wake.promise;
          this.#wake = Promise.withResolvers();
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
    return this.pending;
  }

  async #sendBatch(
    batch: readonly Parcel[],
    { encode, headers }: ValueFormat,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, send, topic } = this.options;
    const start = clock();
    this.#inFlight = batch.reduce((sum, { trades }) => sum + trades.length, 0);
    const messages: (OutgoingMessage & { value: Uint8Array })[] = [];
    const spans: Span[] = [];
    for (const { receivedAt, symbol, trades } of batch) {
      const value = encode(trades);
      if (value.length > MAX_ENCODED_BYTES) {
        this.#reject(symbol, trades.length);
        continue;
      }
      const span = this.#follow(symbol, trades.length, receivedAt);
      if (span) spans.push(span);
      messages.push({
        key: symbol,
        value,
        timestamp: receivedAt,
        headers: span === undefined ? headers : { ...headers, [TRACE_HEADER]: span.traceparent },
      });
    }
    if (messages.length > 0) await send(topic, messages, signal);
    for (const span of spans) span.end();
    this.#metrics.tradesOut.add(this.#inFlight);
    this.#metrics.messages.add(messages.length);
    this.#metrics.bytes.add(messages.reduce((sum, { value }) => sum + value.length, 0));
    this.#metrics.sendSeconds.observe((clock() - start) / 1000);
    this.#inFlight = 0;
  }

  #follow(symbol: string, trades: number, receivedAt: number): Span | undefined {
    const { topic, tracer } = this.options;
    return tracer?.begin(`send ${topic}`, {
      kind: "producer",
      startTime: receivedAt,
      attributes: {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.destination.name": topic,
        "messaging.kafka.message.key": symbol,
        "finnhub_pipe.trades": trades,
      },
    });
  }

  #reject(symbol: string, trades: number): void {
    this.#inFlight -= trades;
    this.#metrics.rejected.add(trades);
    this.options.log.error("trades too large for a message were dropped", {
      symbol: symbol.slice(0, 64),
      trades,
    });
  }

  #countShed(shed: number): void {
    const { bufferTrades, clock, log } = this.options;
    this.#metrics.shed.add(shed);
    if (clock() - this.#lastShedWarning < SHED_WARNING_MS) return;
    this.#lastShedWarning = clock();
    log.warn(
      "the log is too slow or away: the oldest trades are shed; raise PRODUCER_BUFFER_TRADES or mend it",
      {
        shedSoFar: this.#metrics.shed.value(),
        bufferTrades,
      },
    );
  }
}
