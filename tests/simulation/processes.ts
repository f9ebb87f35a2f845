import type { BarKind } from "../../src/market/bars.ts";
import { Calendars } from "../../src/market/calendar/calendars.ts";
import { type CandleRule, seriesOf } from "../../src/market/series.ts";
import { processorMetrics } from "../../src/processing/processor_metrics.ts";
import { StreamProcessor } from "../../src/processing/stream_processor.ts";
import type { DeadLetter } from "../../src/processing/ports.ts";
import { TradePublisher } from "../../src/publishing/trade_publisher.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { partitionOf } from "./market.ts";
import { forever, type ModelGroup, ModelReader, type ReaderFaults } from "./model_reader.ts";
import { ModelStore, type ModelTables, type StoreFaults } from "./model_store.ts";

export const TOPIC = "market";
export const CALENDARS = new Calendars();

const silent = createLogger({ level: "error", format: "json", write: () => {}, now: () => 0 });

/** What processes share: the outside world of a history. */
export interface World {
  group: ModelGroup;
  tables: ModelTables;
  /** Dead letters that are safe, as `LIFE PARTITION OFFSET`. */
  letters: Set<string>;
  readerFaults: ReaderFaults;
  storeFaults: StoreFaults;
  /** Probability that a dead letter cannot be put down at once. */
  letterRefused: { rate: number };
  /** Whether the store is away. */
  storeAway: boolean;
  /** What candles are kept by processors that start now. */
  rules: readonly CandleRule[];
  /** Likewise what bars. */
  bars: readonly BarKind[];
  maxWindows: number;
  batchRows: number;
  /** Largest number of windows that a processor was seen to hold. */
  windows: number;
}

/** A processor, until it is stopped or killed. */
export class ProcessorProcess {
  readonly #stop = new AbortController();
  readonly #store: ModelStore;
  readonly #reader: ModelReader;
  readonly ended: Promise<void>;
  #alive = true;
  #failure: unknown;

  constructor(readonly world: World) {
    const { chance, time } = world.group;
    const alive = () => this.#alive;
    this.#store = new ModelStore(world.tables, world.storeFaults, chance, time, alive, () => world.storeAway);
    this.#reader = new ModelReader(world.group, world.readerFaults, alive, () => {
      const { late, refused } = world.storeFaults;
      return late + refused + world.letterRefused.rate === 0 && !world.storeAway;
    });
    const metrics = processorMetrics(new MetricRegistry());
    const set = metrics.windows.set;
    metrics.windows.set = (value, labels) => {
      if (this.#alive) world.windows = Math.max(world.windows, value);
      set(value, labels);
    };
    const processor = new StreamProcessor({
      topic: TOPIC,
      reader: this.#reader,
      store: this.#store,
      candles: { series: seriesOf(world.rules), bars: world.bars, calendars: CALENDARS },
      office: { send: (letter) => this.#letter(letter) },
      metrics,
      log: silent,
      now: () => time.now,
      random: chance.random,
      flushInterval: 500,
      batchRows: world.batchRows,
      maxWindows: world.maxWindows,
      stopTimeout: 8000,
      readyMaxLag: 30_000,
    });
    this.ended = processor.run(this.#stop.signal).catch((error) => {
      this.#failure = error;
    });
  }

  /** Whether it was neither killed nor has stopped; it may be about to. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Whether it works, and was not told to stop. */
  get running(): boolean {
    return this.#alive && !this.#stop.signal.aborted;
  }

  /** What ended its main loop, if anything did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** As SIGKILL: nothing that it asks is answered any more, and the group learns of it by its silence. */
  kill(): void {
    this.#alive = false;
    const { group } = this.world;
    group.time.after(group.chance.wait(10_000), () => group.leave(this.#reader));
  }

  /** As SIGTERM. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
    this.#alive = false;
  }

  async #letter({ message, partition }: DeadLetter): Promise<void> {
    const { group: { chance, log, time }, letterRefused, letters } = this.world;
    const life = log.life;
    do await time.sleep(chance.wait(800)); while (this.#alive && chance.happens(letterRefused.rate));
    if (!this.#alive) return await forever();
    letters.add(`${life} ${partition} ${message.offset}`);
  }
}

/** A producer, until it is closed or killed. */
export class ProducerProcess {
  readonly #give = new AbortController();
  readonly publisher: TradePublisher;
  readonly ended: Promise<unknown>;
  #alive = true;

  constructor({ group: { chance, log, time } }: World) {
    this.publisher = new TradePublisher({
      topic: TOPIC,
      bufferTrades: 100_000,
      send: async (_topic, messages) => {
        await time.sleep(chance.wait(500));
        if (!this.#alive) return await forever();
        for (const { key, timestamp = time.now, value } of messages) {
          log.append(partitionOf(key!, log.partitions.length), { timestamp, value });
        }
        await time.sleep(chance.wait(50));
        if (!this.#alive) return await forever();
      },
      registry: new MetricRegistry(),
      log: silent,
      clock: () => performance.now(),
    });
    this.ended = this.publisher.run(this.#give.signal);
  }

  /** Takes no more and sends what waits. */
  async close(): Promise<void> {
    this.publisher.close();
    await this.ended;
    this.#alive = false;
  }

  kill(): void {
    this.#alive = false;
  }
}
