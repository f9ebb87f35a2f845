import type { Trade } from "../market/trade.ts";
import type { Logger } from "../telemetry/log.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import { type Span, TRACE_HEADER, type Tracer } from "../telemetry/tracing.ts";
import { NowAndThen } from "../async/now_and_then.ts";
import { type FeedSpan, spanText } from "../market/following/span.ts";
import { encodeParcel } from "./encode_parcel.ts";
import type { Mark, OutgoingMessage } from "./outgoing_message.ts";
import { Backlog, type Spool } from "./backlog.ts";
import { type Parcel, parcels } from "./publisher_buffer.ts";
import { publisherMetrics } from "./publisher_metrics.ts";
import { ShedSpans } from "./shed_spans.ts";
import { PLAIN, type ValueFormat } from "./value_format.ts";

export interface TradePublisherOptions {
  topic: string;
  /** Trades held at most while the log is slow or away. */
  bufferTrades: number;
  /**
   * Resolves when the log has all messages but those that it resolves to, which it refuses; rejects only when the signal is
   * aborted.
   */
  send(
    topic: string,
    messages: readonly OutgoingMessage[],
    signal: AbortSignal,
  ): Promise<readonly OutgoingMessage[] | void>;
  /**
   * The lane of a symbol: a lane has one request under way, and waits for no other. Symbols of a log whose partitions can fail
   * one by one have a lane each. Default: one for all.
   */
  laneOf?: (symbol: string) => string;
  /** Keeps on a disk what is not yet acknowledged; absent for memory alone. */
  spool?: Spool | undefined;
  /** Follows some of the messages; absent for none. */
  tracer?: Tracer | undefined;
  registry: MetricRegistry;
  log: Logger;
  /** Milliseconds, monotonic. */
  clock: () => number;
}

/** Trades of one request to the log: several frames go together when sending falls behind. */
const TRADES_PER_REQUEST = 5000;
/** Time between two warnings about shed trades, milliseconds. */
const SHED_WARNING_MS = 5000;
/** Time between two lines about trades that cannot be sent, milliseconds. */
const REJECT_ERROR_MS = 60_000;

/** A message, what it holds, and who follows it. */
interface Sending {
  message: OutgoingMessage & { value: Uint8Array };
  trades: number;
  span: Span | undefined;
}

/** Takes trades from the feed and sends them to the log, each symbol's in order; holds them while it is away. */
export class TradePublisher {
  readonly #backlog: Backlog;
  readonly #metrics;
  readonly #shedding: NowAndThen;
  readonly #rejecting: NowAndThen;
  readonly #shed = new ShedSpans();
  /** When the newest frame came, milliseconds since the epoch. */
  #newest = 0;
  /** Lanes with a request under way. */
  readonly #busy = new Set<string>();
  #wake = Promise.withResolvers<void>();
  #failure: { error: unknown } | undefined;
  #closing = false;
  #inFlight = 0;

  constructor(readonly options: TradePublisherOptions) {
    const { bufferTrades, clock, laneOf = () => "", log, registry, spool } = options;
    const onShed = (parcel: Parcel) => this.#shed.add(parcel);
    this.#backlog = new Backlog({ bufferTrades, laneOf, onShed, spool, log, clock });
    this.#metrics = publisherMetrics(registry, () => this.pending);
    this.#shedding = new NowAndThen(SHED_WARNING_MS, clock);
    this.#rejecting = new NowAndThen(REJECT_ERROR_MS, clock);
  }

  /** Trades that are not yet acknowledged. */
  get pending(): number {
    return this.#backlog.size + this.#inFlight;
  }

  /** Of those, trades that are on no disk. */
  get unkept(): number {
    return this.#backlog.unkept + (this.options.spool === undefined ? this.#inFlight : 0);
  }

  /** Whether less than half of the buffer is in use. */
  get keepingUp(): boolean {
    return this.#backlog.roomy;
  }

  /** Trades so far: received, and those that a spool held at the start, = sent + shed + rejected + {@linkcode pending}. */
  totals(): { received: number; sent: number; shed: number; rejected: number } {
    const { rejected, shed, tradesIn, tradesOut } = this.#metrics;
    return {
      received: tradesIn.value(),
      sent: tradesOut.value(),
      shed: shed.value(),
      rejected: rejected.value(),
    };
  }

  /**
   * Takes the trades of one frame.
   *
   * @param mark goes with its messages, to whoever keeps how far a recording is sent
   */
  add(trades: readonly Trade[], receivedAt: number, mark?: Mark): void {
    const taken = parcels(trades, receivedAt);
    const shed = this.#backlog.add(mark === undefined ? taken : taken.map((parcel) => ({ ...parcel, mark })));
    this.#metrics.tradesIn.add(trades.length);
    this.#newest = receivedAt;
    if (shed > 0) this.#countShed(shed);
    this.#wake.resolve();
  }

  /** Takes what is told of a feed, each as a message of its own behind what its symbol has brought so far. */
  addSpans(spans: readonly FeedSpan[], at: number): void {
    const taken = spans.map((span) => ({ symbol: span.symbol, trades: [], span, receivedAt: at }));
    const shed = this.#backlog.add(taken);
    this.#newest = at;
    if (shed > 0) this.#countShed(shed);
    this.#wake.resolve();
  }

  /** Takes no more; {@linkcode run} ends when all that waits is sent. */
  close(): void {
    this.#closing = true;
    this.#tellShed();
    this.#wake.resolve();
  }

  /** Sends until closed and empty, or until the signal is aborted; the number of trades that were not sent. */
  async run(signal: AbortSignal, format: ValueFormat = PLAIN): Promise<number> {
    const onAbort = () => this.#wake.resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      while (!signal.aborted) {
        this.#startLanes(format, signal);
        if (this.#closing && this.#backlog.empty && this.#busy.size === 0) break;
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
        if (this.#failure !== undefined) throw this.#failure.error;
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
    return this.pending;
  }

  /** Begins a request for each lane in which something waits and none is under way. */
  #startLanes(format: ValueFormat, signal: AbortSignal): void {
    if (this.keepingUp) this.#tellShed();
    this.#backlog.refill();
    for (const lane of [...this.#backlog.lanes()]) {
      if (this.#busy.has(lane)) continue;
      this.#busy.add(lane);
      const batch = this.#backlog.take(lane, TRADES_PER_REQUEST);
      this.#sendBatch(batch, format, signal).catch((error) => {
        if (!signal.aborted) this.#failure = { error };
      }).finally(() => {
        this.#busy.delete(lane);
        this.#wake.resolve();
      });
    }
  }

  async #sendBatch(batch: readonly Parcel[], format: ValueFormat, signal: AbortSignal): Promise<void> {
    const { clock, send, topic } = this.options;
    const start = clock();
    this.#inFlight += batch.reduce((sum, { trades }) => sum + trades.length, 0);
    const sendings = batch.flatMap((parcel) => this.#encode(parcel, format));
    if (sendings.length === 0) return this.#backlog.done(batch);
    const refused = new Set(await send(topic, sendings.map(({ message }) => message), signal) ?? []);
    for (const { message, span, trades } of sendings) {
      span?.end();
      if (refused.has(message)) this.#reject(message.key, trades, "the log refuses it");
      else {
        this.#inFlight -= trades;
        this.#metrics.tradesOut.add(trades);
        this.#metrics.messages.add();
        this.#metrics.bytes.add(message.value.length);
      }
    }
    this.#backlog.done(batch);
    this.#metrics.sendSeconds.observe((clock() - start) / 1000);
  }

  #encode(
    { mark, receivedAt, span: told, symbol, trades }: Parcel,
    { encode, headers }: ValueFormat,
  ): Sending[] {
    const { parts, unfit } = told === undefined
      ? encodeParcel(trades, encode)
      : { parts: [{ trades: 0, value: encode([], spanText(told)) }], unfit: [] };
    for (const { reason } of unfit) this.#reject(symbol, 1, reason);
    return parts.map(({ trades, value }) => {
      const span = this.#follow(symbol, trades, receivedAt);
      const message = {
        key: symbol,
        value,
        timestamp: receivedAt,
        ...(mark !== undefined && { mark }),
        headers: span === undefined ? headers : { ...headers, [TRACE_HEADER]: span.traceparent },
      };
      return { message, trades, span };
    });
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

  /** Tells over which times trades were shed, when there is room for it. */
  #tellShed(): void {
    if (this.#shed.size > 0) this.addSpans(this.#shed.take(), this.#newest);
  }

  #reject(symbol: string | null, trades: number, reason: string): void {
    this.#inFlight -= trades;
    this.#metrics.rejected.add(trades);
    const times = this.#rejecting.due();
    if (times === undefined) return;
    this.options.log.error("trades that cannot be sent were dropped", { symbol, trades, reason, times });
  }

  #countShed(shed: number): void {
    const { bufferTrades, log } = this.options;
    this.#metrics.shed.add(shed);
    if (this.#shedding.due() === undefined) return;
    log.warn(
      "the log is too slow or away: the oldest trades are shed; raise PRODUCER_BUFFER_TRADES or mend it",
      { shedSoFar: this.#metrics.shed.value(), bufferTrades },
    );
  }
}
