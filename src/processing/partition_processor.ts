import { addTrade } from "../market/aggregate.ts";
import { addToBar } from "../market/conditions/sip_symbol.ts";
import { epochOf, type Position, type SourceEpoch, sourcePosition } from "../market/position.ts";
import { SLOT_MS } from "../market/series.ts";
import { fnv1a } from "../market/trade_id.ts";
import type { Tracer } from "../telemetry/tracing.ts";
import { decodeAll, type DecodedMessage, plainDecoder } from "./decode.ts";
import { writeSpans } from "./feed_spans.ts";
import type {
  DeadLetterOffice,
  Decoder,
  LogMessage,
  SeriesKey,
  TradeRow,
  TradeStore,
  WindowRow,
} from "./ports.ts";
import { endWith, follow } from "./following.ts";
import { countDecoded, countStored, type ProcessorMetrics } from "./processor_metrics.ts";
import { readMissing } from "./recovery.ts";
import type { SymbolPlaces } from "./symbol_places.ts";
import { type Candles, Seeds } from "./windows/seeds.ts";
import { BarStream } from "./windows/bar_stream.ts";
import { writesOfBars, writesOfWindows } from "./windows/window_writes.ts";
import { SipStream } from "./windows/sip_stream.ts";
import { tradeGroups } from "./trade_groups.ts";
import { type MissingRead, type Slot, type Window, WindowState } from "./window_state.ts";
import type { WriteQueue } from "./write_queue.ts";

export interface PartitionOptions {
  topic: string;
  partition: number;
  epochs: readonly SourceEpoch[];
  store: TradeStore;
  office: DeadLetterOffice;
  /** Default {@linkcode plainDecoder}. */
  decoder?: Decoder | undefined;
  queue: WriteQueue;
  /** What is kept; candles of every print when absent. */
  candles?: Candles | undefined;
  /** Of all partitions of the process. */
  places: SymbolPlaces;
  metrics: ProcessorMetrics;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Most rows in one write. */
  batchRows: number;
  tracer?: Tracer | undefined;
  /** Windows, and bars, of this partition held in memory, but for those of one call of {@linkcode PartitionProcessor.process}. */
  maxWindows: number;
}

/**
 * Processes one partition while this process owns it. Raw trades are written as they come, windows at each
 * {@linkcode flush}; a flush resolves to the offset that may be committed: everything before it is acknowledged.
 */
export class PartitionProcessor {
  readonly #windows: WindowState;
  readonly #sip: SipStream | undefined;
  readonly #bars: BarStream | undefined;
  #seeds: Seeds | undefined;
  readonly #outstanding = new Set<Promise<void>>();
  #flushing: Promise<number | undefined> = Promise.resolve(undefined);
  readonly #topicHash: number;
  #dirty: Window[] = [];
  #tick = 0;
  #applied = -1;
  #written = -1;
  #committed = -1;
  #lastTimestamp: number | undefined;

  constructor(readonly options: PartitionOptions) {
    this.#topicHash = fnv1a(options.topic);
    const { candles, partition, store } = options;
    if (candles?.bars?.length) this.#bars = new BarStream({ bars: candles.bars, store, partition });
    this.#sip = candles?.series.some(({ rule }) => rule === "sip")
      ? new SipStream(candles.calendars, store)
      : undefined;
    this.#windows = new WindowState(
      candles && {
        series: candles.series,
        barClass: (symbol, kind, start) => this.#sip!.barClass(symbol, kind, start),
        seeded: (kind, key) => this.#seeds?.needed(kind, key) ?? false,
      },
    );
  }

  /** Highest offset that is in memory; -1 before the first. */
  get applied(): number {
    return this.#applied;
  }

  /** When the producer sent the newest message that was processed, milliseconds. */
  get lastTimestamp(): number | undefined {
    return this.#lastTimestamp;
  }

  get windowCount(): number {
    return this.#windows.size + (this.#bars?.size ?? 0);
  }

  /**
   * Takes in the next messages; resolves when there is room for more. One call at a time.
   *
   * @param next offset up to which nothing else is to come
   */
  async process(
    messages: readonly LogMessage[],
    next = (messages.at(-1)?.offset ?? -1) + 1,
  ): Promise<void> {
    const { decoder = plainDecoder, epochs, maxWindows, metrics, office, partition, queue } = this.options;
    const fresh = messages.filter(({ offset }) => offset > this.#applied);
    const last = fresh.at(-1);
    if (last === undefined) {
      this.#applied = Math.max(this.#applied, next - 1);
      return;
    }
    // Here and nowhere else: between opening a slot and adding to it no window may be forgotten.
    if (Math.max(this.#windows.size, this.#bars?.size ?? 0) > maxWindows) {
      await this.flush();
      this.#windows.shrink(maxWindows);
      this.#bars?.shrink(maxWindows);
    }
    const spans = follow(fresh, this.options);
    const position = (offset: number) => sourcePosition(epochs, partition, offset);
    const decoded = await decodeAll(partition, fresh, position, decoder);
    await this.#prepare(decoded.messages, position(fresh[0]!.offset));
    const slots = await this.#openSlots(decoded.messages);
    this.#fold(decoded.messages, slots);
    this.#bars?.fold(decoded.messages);
    const writes = this.#writeTrades(decoded.messages);
    if (spans.length > 0) endWith(spans, writes);
    for (const write of writeSpans(decoded.spans, this.options)) this.#track(write);
    for (const letter of decoded.letters) this.#track(office.send(letter));
    this.#applied = Math.max(last.offset, next - 1);
    this.#lastTimestamp = last.timestamp;
    countDecoded(metrics, fresh.length, decoded);
    await queue.room();
    await office.room?.();
  }

  /**
   * Writes changed windows and waits until all before is acknowledged; resolves to the offset to commit, if any. Raw trades and dead
   * letters first, then windows: what a window's row claims to hold is stored by then, so that the batch layer may go by it.
   */
  flush(): Promise<number | undefined> {
    // One after the other: a row of a bar says that those before it are there.
    return this.#flushing = this.#flushing.catch(() => {}).then(() => this.#flush());
  }

  async #flush(): Promise<number | undefined> {
    const upTo = this.#applied;
    if (upTo !== this.#written) {
      const writes = this.#takeChanged(upTo);
      await Promise.all(this.#outstanding);
      for (const write of writes) this.#track(write());
      await Promise.all(this.#outstanding);
      this.#written = upTo;
    }
    return upTo === this.#committed ? undefined : upTo + 1;
  }

  /** Notes that everything before `offset` is committed. */
  committed(offset: number): void {
    this.#committed = offset - 1;
  }

  /** Gets ready what candles by sale conditions, and series that were added, need of the trades before these. */
  async #prepare(messages: readonly DecodedMessage[], first: Position): Promise<void> {
    const { candles, metrics, now, partition, queue, store } = this.options;
    if (!candles) return;
    this.#seeds ??= new Seeds({ ...candles, store, partition, first, now: now() });
    const read = (work: () => Promise<void>) => queue.add(0, work);
    if (this.#bars) metrics.windowsRead.add(await this.#bars.open(messages, this.#seeds, read));
    if (!this.#sip) return;
    await this.#sip.prepare(messages, first, async (read) => {
      await Promise.all(this.#outstanding);
      await queue.add(0, read);
    });
    metrics.unknownConditions.add(this.#sip.unknown);
    this.#sip.unknown = 0;
  }

  async #openSlots(messages: readonly DecodedMessage[]): Promise<Slot[]> {
    const { metrics, store } = this.options;
    for (;;) {
      const slots: Slot[] = [];
      const missing: MissingRead[] = [];
      for (const { bad, trades } of messages) {
        let symbol = "";
        let start = -1;
        let slot: Slot | undefined;
        for (let i = 0; i < trades.length; i++) {
          if (bad.size > 0 && bad.has(i)) continue;
          const { s, t } = trades[i]!;
          const slotStart = Math.floor(t / SLOT_MS);
          if (slotStart !== start || s !== symbol) {
            if (s !== symbol) this.options.places.note(s, this.options.partition);
            this.options.places.touch(s, t);
            slot = this.#windows.slot(s, t, missing);
            symbol = s;
            start = slotStart;
          }
          if (slot) slots.push(slot);
        }
      }
      if (missing.length === 0) return slots;
      const { epochs, partition, places, queue } = this.options;
      const foreign = await readMissing(
        missing,
        store,
        this.#windows,
        queue,
        metrics,
        partition,
        this.#seeds,
      );
      // Before an epoch began symbols may have been in other partitions.
      const epoch = epochs.at(-1)?.epoch;
      for (const { complete, partition, symbol } of foreign) {
        if (epochOf(complete) === epoch) places.note(symbol, partition);
      }
    }
  }

  #fold(messages: readonly DecodedMessage[], slots: readonly Slot[]): void {
    const tick = ++this.#tick;
    let next = 0;
    for (const { bad, position, trades } of messages) {
      for (let i = 0; i < trades.length; i++) {
        if (bad.size > 0 && bad.has(i)) continue;
        const { c, p, s, t, v } = trades[i]!;
        const { sip, windows } = slots[next++]!;
        for (const window of windows) {
          if (position <= window.complete) continue;
          addTrade(window.aggregate, p, v, t);
          this.#changed(window, tick);
        }
        if (sip.length === 0) continue;
        const sets = this.#sip!.take(s, c, t);
        for (const window of sip) {
          if (position <= window.complete) continue;
          addToBar(window, p, v, t, sets);
          this.#changed(window, tick);
        }
      }
    }
  }

  #changed(window: Window, tick: number): void {
    window.touched = tick;
    if (window.dirty) return;
    window.dirty = true;
    this.#dirty.push(window);
  }

  /** Begins the writes of raw trades. */
  #writeTrades(messages: readonly DecodedMessage[]): Promise<void>[] {
    return [...tradeGroups(messages, this.#topicHash, this.options.partition)]
      .flatMap(({ hour, rows, symbol }) => this.#writeGroup(symbol, hour, rows));
  }

  #writeGroup(symbol: string, hour: number, rows: readonly TradeRow[]): Promise<void>[] {
    const { batchRows, metrics, now, queue, store } = this.options;
    const writes: Promise<void>[] = [];
    for (let i = 0; i < rows.length; i += batchRows) {
      const part = rows.length <= batchRows ? rows : rows.slice(i, i + batchRows);
      const write = queue.add(part.length, () => store.writeTrades(symbol, hour, part))
        .then(() => countStored(metrics, part, now()));
      this.#track(write);
      writes.push(write);
    }
    return writes;
  }

  /** The writes of the windows that have changed, as they are now: complete up to an offset. */
  #takeChanged(upTo: number): (() => Promise<void>)[] {
    const { epochs, partition } = this.options;
    const complete = sourcePosition(epochs, partition, upTo);
    const groups = new Map<SeriesKey, WindowRow[]>();
    for (const window of this.#dirty) {
      window.dirty = false;
      // A copy: the window goes on changing while the write waits, is under way, or is repeated.
      const row = { key: window.key, aggregate: { ...window.aggregate }, partition, complete };
      const group = groups.get(window.series);
      if (group) group.push(row);
      else groups.set(window.series, [row]);
    }
    this.#dirty = [];
    const bars = this.#bars?.takeChanged(complete) ?? [];
    return [...writesOfWindows(groups, this.options), ...writesOfBars(bars, this.options)];
  }

  /** Remembers a write until it is acknowledged; one that was given up stays and fails the next flush. */
  #track(write: Promise<void>): void {
    this.#outstanding.add(write);
    write.then(() => this.#outstanding.delete(write), () => {});
  }
}
