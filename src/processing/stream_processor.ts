import type { SourceEpoch } from "../market/position.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import type { Tracer } from "../telemetry/tracing.ts";
import { backoff, delay, settledWithin, untilAborted } from "../async/wait.ts";
import { LagWatch } from "./lag_watch.ts";
import { PartitionProcessor } from "./partition_processor.ts";
import type { DeadLetterOffice, Decoder, LogHandler, LogMessage, LogReader, TradeStore } from "./ports.ts";
import type { ProcessorMetrics } from "./processor_metrics.ts";
import type { Candles } from "./windows/seeds.ts";
import { SymbolPlaces } from "./symbol_places.ts";
import { type Explained, WriteQueue } from "./write_queue.ts";

export interface StreamProcessorOptions {
  topic: string;
  reader: LogReader;
  store: TradeStore;
  office: DeadLetterOffice;
  /** Reads values of the log; plain Avro when absent. */
  decoder?: Decoder | undefined;
  metrics: ProcessorMetrics;
  log: Logger;
  /** Follows messages that their sender follows; absent for none. */
  tracer?: Tracer | undefined;
  /** Milliseconds since the epoch. */
  now: () => number;
  random: () => number;
  /** What an error of the store says, and what to do about it. */
  explain?: ((error: unknown) => Explained) | undefined;
  /** Longest time that a changed window waits to be written, milliseconds. */
  flushInterval: number;
  batchRows: number;
  /** What windows are kept of each symbol; candles of every print when absent. */
  candles?: Omit<Candles, "begun"> | undefined;
  /** Windows held in memory, of all partitions together. */
  maxWindows: number;
  /** Longest time that a stop waits for the store, milliseconds: less than the 10 s that a role has. */
  stopTimeout: number;
  /** Age of the oldest unprocessed message above which the processor is not ready, milliseconds. */
  readyMaxLag: number;
}

/** Writes under way at once, and rows that may wait: enough to keep the store busy, little enough to stay small. */
const WRITES_AT_ONCE = 8;
const PENDING_BATCHES = 16;
const LAG_INTERVAL_MS = 2000;
/** How long a round of flushes waits for a partition before it commits the others, milliseconds. */
const PATIENCE_MS = 2000;
/** The same before a rebalance: whoever gets the partitions repeats what is not committed. */
const REVOKE_PATIENCE_MS = 10_000;

/**
 * The stream processor: gives each partition its {@linkcode PartitionProcessor}, flushes and commits in this order:
 * rows acknowledged first, then offsets. A crash in between means that messages are read again and found already done.
 */
export class StreamProcessor implements LogHandler {
  readonly #giveUp = new AbortController();
  readonly #queue: WriteQueue;
  readonly #places: SymbolPlaces;
  #partitions = new Map<number, PartitionProcessor>();
  #epochs: Promise<SourceEpoch[]> | undefined;
  #begun: ReadonlyMap<string, number> = new Map();
  #flushing: Promise<void> = Promise.resolve();
  /** Partitions whose flush goes on beyond the round that began it. */
  readonly #late = new Set<PartitionProcessor>();
  readonly #lag: LagWatch;
  #assigned = 1;
  readonly #rewound = new Map<number, { next: number; end: number }>();
  /** The last one that was read with. */
  readonly #epochOf = new Map<number, number>();

  constructor(readonly options: StreamProcessorOptions) {
    const { batchRows, log, metrics, random } = options;
    this.#lag = new LagWatch(options);
    this.#places = new SymbolPlaces(log, metrics.splitSymbols);
    this.#queue = new WriteQueue({
      concurrency: WRITES_AT_ONCE,
      maxRows: PENDING_BATCHES * batchRows,
      log,
      random,
      clock: () => performance.now(),
      explain: options.explain,
      latency: metrics.writeLatency,
      signal: this.#giveUp.signal,
    });
  }

  /** Runs until the signal is aborted; then all that was taken is written and committed, if the store allows it. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const timers = [this.#every(this.options.flushInterval, ended.signal, () => this.#flush())];
    timers.push(
      this.#every(LAG_INTERVAL_MS, ended.signal, () => this.#lag.measure((id) => this.#partitions.get(id))),
    );
    try {
      await this.options.reader.run(this, signal);
    } finally {
      ended.abort();
      this.#giveUp.abort();
      await Promise.all(timers);
    }
  }

  /** What keeps it from its work; empty when nothing does. */
  notReady(): string[] {
    const reasons: string[] = [];
    const { reader } = this.options;
    if (!reader.joined) reasons.push(reader.trouble ?? "not a member of the consumer group");
    if (this.#queue.trouble !== undefined) reasons.push(this.#queue.trouble);
    if (this.options.office.trouble !== undefined) reasons.push(this.options.office.trouble);
    if (this.options.decoder?.stalled) reasons.push("the schema registry does not answer");
    if (reader.joined && this.#lag.behind) reasons.push("messages wait longer than allowed");
    return reasons;
  }

  assigned(partitions: readonly number[]): void {
    const { log, metrics } = this.options;
    this.#lag.assigned(partitions);
    this.#places.clear();
    this.#partitions = new Map();
    // Asked for before the first message needs it, which also opens the store's connections.
    this.#epochs = this.#readEpochs();
    this.#epochs.catch(() => {});
    this.#assigned = Math.max(1, partitions.length);
    metrics.rebalances.add();
    log.info("partitions assigned", { partitions: partitions.join(",") || "none" });
  }

  revoking(): Promise<void> {
    return this.#flush(REVOKE_PATIENCE_MS);
  }

  async stopping(): Promise<void> {
    const done = new AbortController();
    const late = delay(this.options.stopTimeout, done.signal).then(() => this.#giveUp.abort(), () => {});
    await this.#flush(this.options.stopTimeout);
    done.abort();
    await late;
  }

  lost(partition: number, from: number, to: number): void {
    const { log, metrics } = this.options;
    metrics.lost.add(to - from);
    log.warn("messages were gone from the log before they were read; keep them longer, or add processors", {
      partition,
      from,
      to,
      offsets: to - from,
    });
  }

  rewound(partition: number, next: number, end: number): void {
    this.#rewound.set(partition, { next, end });
  }

  async process(
    partition: number,
    messages: readonly LogMessage[],
    end: number,
    next?: number,
  ): Promise<void> {
    let state = this.#partitions.get(partition);
    const rewound = this.#rewound.get(partition);
    this.#rewound.delete(partition);
    if (state && (rewound !== undefined || end <= state.applied)) {
      // The log ends before the position that was read. It is a new topic, whose epoch setup recorded before it made it, or
      // the same one, whose new leader does not know its end yet. What is in memory is written first, so that reading back
      // finds what is done: earlier messages do not come again.
      const owner = this.#partitions;
      await state.flush();
      if (owner !== this.#partitions) throw new Error("partitions were assigned anew meanwhile");
      this.#partitions.delete(partition);
      this.#epochs = undefined;
      state = undefined;
    }
    if (!state) {
      const owner = this.#partitions;
      const epochs = await this.#epochsOf(partition);
      if (owner !== this.#partitions) throw new Error("partitions were assigned anew meanwhile");
      const epoch = epochs.at(-1)!.epoch;
      const { candles } = this.options;
      if (rewound !== undefined) this.#tellRewound(partition, rewound, epoch);
      this.#epochOf.set(partition, epoch);
      state = new PartitionProcessor({
        ...this.options,
        candles: candles && { ...candles, begun: this.#begun },
        maxWindows: Math.ceil(this.options.maxWindows / this.#assigned),
        partition,
        epochs,
        queue: this.#queue,
        places: this.#places,
      });
      this.#partitions.set(partition, state);
    }
    await state.process(messages, next);
  }

  /** Where the topic is the same, its brokers have lost what they had acknowledged: offsets come again with other trades. */
  #tellRewound(partition: number, { end, next }: { end: number; next: number }, epoch: number): void {
    const { log, metrics } = this.options;
    if ((this.#epochOf.get(partition) ?? epoch) !== epoch) return;
    metrics.logCuts.add();
    log.error(
      "the log ends before what was read of it: its brokers lost messages, and offsets come again with other trades. " +
        "When all is read, run finnhub-pipe backfill --repair; keep three replicas",
      { partition, read: next, end },
    );
  }

  /** Waits until `setup` has recorded the topic's layout, which tells how offsets compare. */
  async #epochsOf(partition: number): Promise<SourceEpoch[]> {
    const { log, random, topic } = this.options;
    for (let attempt = 0;; attempt++) {
      try {
        const epochs = await (this.#epochs ??= this.#readEpochs());
        if (epochs.at(-1)?.starts[partition] !== undefined) return epochs;
        log.warn("setup has not recorded this partition yet; run finnhub-pipe setup", { topic, partition });
      } catch (error) {
        log.warn("what setup has recorded cannot be read yet; has finnhub-pipe setup run?", {
          error: errorText(error),
        });
      }
      this.#epochs = undefined;
      await delay(backoff(attempt, { base: 500, cap: 5000, random }), this.#giveUp.signal);
    }
  }

  async #readEpochs(): Promise<SourceEpoch[]> {
    const { candles, log, reader, store, topic } = this.options;
    if (candles) this.#begun = await store.begun();
    const found = store.followTopic && await reader.topic?.();
    if (found && await store.followTopic?.(topic, found)) {
      log.warn("the topic was deleted and made again: its offsets count in a new epoch", { topic });
    }
    return store.sourceEpochs(topic);
  }

  /** Hours of symbols that came in two partitions since the last call: their windows need a repair. */
  takeSplit(): { symbol: string; hour: number }[] {
    return this.#places.takeTouched();
  }

  /** One round of flushes after another, never two at once. */
  #flush(patience = PATIENCE_MS): Promise<void> {
    return this.#flushing = this.#flushing.then(() => this.#flushAll(patience));
  }

  async #flushAll(patience: number): Promise<void> {
    const { log, metrics, reader } = this.options;
    const partitions = this.#partitions;
    const offsets = new Map<number, number>();
    try {
      // A partition that waits, for a dead letter for example, holds up no other.
      const states = [...partitions].filter(([, state]) => patience > PATIENCE_MS || !this.#late.has(state));
      const flushes = Promise.all(states.map(async ([partition, state]) => {
        this.#late.add(state);
        const offset = await state.flush();
        this.#late.delete(state);
        if (offset !== undefined) offsets.set(partition, offset);
      }));
      await settledWithin(flushes, patience);
      metrics.windows.set([...partitions.values()].reduce((sum, { windowCount }) => sum + windowCount, 0));
      // After a rebalance others may own these partitions; they find the rows done and skip them.
      if (offsets.size === 0 || partitions !== this.#partitions) return;
      // What comes late is for the next round.
      const done = new Map(offsets);
      await reader.commit(done);
      metrics.commits.add();
      for (const [partition, offset] of done) partitions.get(partition)?.committed(offset);
    } catch (error) {
      if (this.#giveUp.signal.aborted) {
        log.warn("stopped before the store took everything; it is read again at the next start");
      } else log.warn("offsets were not committed; the next flush tries again", { error: errorText(error) });
    }
  }

  async #every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await delay(ms, signal);
      } catch {
        return;
      }
      // At the end, writes to servers that are away are not waited for.
      await untilAborted(work(), signal).catch(() => {});
    }
  }
}
