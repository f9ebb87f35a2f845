import { barsOf } from "../../src/market/bars.ts";
import { type FeedSpan, parseSpan } from "../../src/market/following/span.ts";
import { decodeMessage } from "../../src/market/message.ts";
import { type CandleRule, RUNNING_AVERAGE, seriesOf } from "../../src/market/series.ts";
import type { Trade } from "../../src/market/trade.ts";
import { Chance } from "./chance.ts";
import { type Chaos, chaosOf, disturb } from "./chaos.ts";
import { problemsOf, spanProblems } from "./expected.ts";
import { ModelMarket, partitionOf } from "./market.ts";
import { ModelLog } from "./model_log.ts";
import { ModelGroup } from "./model_reader.ts";
import { ModelTables } from "./model_store.ts";
import { ProcessorProcess, ProducerProcess, type World } from "./processes.ts";
import { differencesLeft, repairAll } from "./repairs.ts";
import type { HistoryState } from "./state.ts";
import { setUp } from "./set_up.ts";
import { VirtualTime } from "./virtual_time.ts";

/** How a history went. */
export interface Outcome {
  seed: number;
  /** Empty when all is as it should be. */
  problems: string[];
  trades: number;
  /** What happened, for a person: one line an event. */
  story: string[];
}

/** Just before a midnight, so that windows of two hours, days and months meet. */
const START = Date.UTC(2024, 1, 29, 23, 59, 50);
/** Bars of a few trades, so that many of them end in one message. */
const BARS = [barsOf("tick", 3), barsOf("volume", 17.5), barsOf("dollar", 400)];
/** Time after the last fault in which all must be done, milliseconds. */
const PATIENCE = 15 * 60_000;

/** One history: the real producer, processors, epochs and batch layer among models, as one seed has it. */
export async function runHistory(seed: number): Promise<Outcome> {
  const chance = new Chance(seed);
  const time = new VirtualTime(START);
  const outcome: Outcome = { seed, problems: [], trades: 0, story: [] };
  await time.install(() => new History(chance, time, outcome).run());
  return outcome;
}

/** What a history consists of while it goes on. */
export class History implements HistoryState {
  readonly world: World;
  readonly market: ModelMarket;
  readonly chaos: Chaos;
  /** Good trades of messages that others have written, by life, partition and offset. */
  readonly foreign = new Map<string, Trade[]>();
  /** Messages with something bad in them, likewise. */
  readonly bad = new Set<string>();
  processors: ProcessorProcess[] = [];
  producer: ProducerProcess;
  /** When the last processor was gone that did not keep a series that was added; for ever where one was killed. */
  #mixedUntil = -Infinity;
  /** While it is set nothing is sent: the topic is being changed. */
  paused = false;

  constructor(readonly chance: Chance, readonly time: VirtualTime, readonly outcome: Outcome) {
    this.chaos = chaosOf(chance);
    const log = new ModelLog(chance.whole(1, 4));
    this.world = {
      group: new ModelGroup(log, chance, time),
      tables: new ModelTables(),
      letters: new Set(),
      readerFaults: this.chaos.reader,
      storeFaults: this.chaos.store,
      letterRefused: { rate: chance.rate(0.5) },
      storeAway: false,
      rules: chance.pick<readonly CandleRule[]>([["raw"], ["raw", "sip"], ["sip"]]),
      bars: [],
      maxWindows: chance.pick([60, 200, 40_000]),
      batchRows: chance.pick([2, 10, 400]),
      windows: 0,
    };
    this.market = new ModelMarket(chance);
    setUp(this.world, log.partitions.length);
    if (this.world.rules.length === 1 && this.world.rules[0] === "raw" && chance.happens(0.7)) {
      time.after(chance.random() * 12_000, () => this.#addSeries());
    } else if (this.#keepsBars) {
      this.world.bars = BARS;
      for (const { name } of BARS) this.world.tables.always.set(name, 0);
    }
    this.producer = new ProducerProcess(this.world);
  }

  /** Not drawn: the histories without bars are the same whether there are any or not. */
  get #keepsBars(): boolean {
    return this.chance.seed % 2 === 1;
  }

  tell(what: string): void {
    this.outcome.story.push(`${((this.time.now - START) / 1000).toFixed(3)} s ${what}`);
  }

  startProcessor(): void {
    this.processors.push(new ProcessorProcess(this.world));
  }

  /** As a rollout does: setup records the series, and processors that keep it come in the place of the others, one by one. */
  #addSeries(): void {
    const { time, world } = this;
    this.tell(`candles by sale conditions${this.#keepsBars ? ", and bars," : ""} are added`);
    world.rules = ["raw", "sip"];
    if (this.#keepsBars) world.bars = BARS;
    for (const { name } of [...seriesOf(["sip"]), ...world.bars]) {
      if (name !== RUNNING_AVERAGE.name) world.tables.added.set(name, time.now);
    }
    const old = this.processors.filter(({ alive }) => alive);
    // Whoever is killed meanwhile is not seen to be gone.
    this.#mixedUntil = old.length === 0 ? time.now : Infinity;
    let left = old.length;
    for (const each of old) {
      each.ended.then(() => {
        if (--left === 0) this.#mixedUntil = time.now;
      });
      time.after(this.chance.random() * 5000, () => {
        if (!each.running) return;
        this.startProcessor();
        void each.stop();
      });
    }
  }

  async run(): Promise<void> {
    const { chance, outcome, time } = this;
    for (let i = chance.whole(1, 3); i > 0; i--) this.startProcessor();
    const end = START + chance.whole(4, 20) * 1000;
    let over = false;
    const failed = (error: unknown) => void outcome.problems.push(`the history itself failed: ${error}`);
    const going = Promise.all([this.#trade(end), disturb(this, this.chaos, end)])
      .then(() => this.#quieten()).catch(failed).then(() => over = true);
    if (!await time.until(() => over, end + PATIENCE)) {
      outcome.problems.push("stuck: the history does not end");
    }
    await going.catch(() => {});
    if (over) await this.#check(end);
  }

  /** What the feed brings, and what others write. */
  async #trade(end: number): Promise<void> {
    const { chance, time } = this;
    const foreign = chance.rate(0.3);
    const told = chance.rate(0.9);
    const pace = 100 + chance.wait(900);
    while (time.now < end) {
      await time.sleep(chance.random() * pace);
      if (this.paused) continue;
      if (chance.happens(foreign)) this.#writeForeign();
      else if (chance.happens(told)) this.producer.publisher.addSpans(this.market.spans(time.now), time.now);
      else this.producer.publisher.add(this.market.frame(time.now), time.now);
    }
  }

  #writeForeign(): void {
    const { group: { log } } = this.world;
    const { bad, good, symbol, value } = this.market.foreign(this.time.now);
    const partition = partitionOf(symbol, log.partitions.length);
    const name = `${log.life} ${partition} ${log.partitions[partition]!.end}`;
    this.foreign.set(name, good);
    if (bad) this.bad.add(name);
    log.append(partition, { timestamp: this.time.now, value });
  }

  /** Ends all faults, and sees that there is somebody to do the rest. */
  async #quieten(): Promise<void> {
    const { world } = this;
    this.tell("no more faults");
    for (const faults of [world.readerFaults, world.storeFaults]) {
      for (const name of Object.keys(faults)) if (name !== "slowest") Object.assign(faults, { [name]: 0 });
    }
    world.letterRefused.rate = 0;
    world.storeAway = false;
    await this.producer.close();
    if (!this.processors.some(({ running }) => running)) this.startProcessor();
  }

  async #check(end: number): Promise<void> {
    const { outcome, time, world } = this;
    const { log } = world.group;
    if (!await time.until(() => log.drained, end + PATIENCE)) {
      const places = log.partitions.map(({ end }, i) => `${log.committed[i]} of ${end}`);
      outcome.problems.push(`stuck: committed ${places.join(", ")}`);
    }
    for (const { failure } of this.processors) {
      if (failure !== undefined) outcome.problems.push(`a processor ended: ${failure}`);
    }
    outcome.problems.push(...world.group.problems);
    // What timed out long ago may be done only now.
    const later = time.now + 30_000;
    await time.until(() => time.now >= later, later);
    const accepted = this.#accepted();
    outcome.trades = accepted.length;
    const problems = () => problemsOf(world, accepted);
    if (world.tables.added.size > 0) {
      // Owners that did not keep the series that were added were at work until then.
      const apart = (problem: string) => startOfAdded(problem) <= this.#mixedUntil;
      outcome.problems.push(...problems().filter((problem) => !apart(problem)).slice(0, 5));
      let repaired = false;
      repairAll(this).then(() => repaired = true);
      await time.until(() => repaired, time.now + PATIENCE);
    }
    outcome.problems.push(...problems().slice(0, 5));
    outcome.problems.push(...spanProblems(world.tables, this.#told()).slice(0, 5));
    for (const name of this.bad) {
      if (!world.letters.has(name)) outcome.problems.push(`no dead letter for ${name}`);
    }
    if (world.windows > world.maxWindows + MOST_OF_ONE_CALL) {
      outcome.problems.push(`${world.windows} windows in memory, of ${world.maxWindows} at most`);
    }
    if (outcome.problems.length === 0) {
      let left: string[] | undefined;
      differencesLeft(this).then((found) => left = found);
      await time.until(() => left !== undefined, time.now + PATIENCE);
      outcome.problems.push(...left ?? ["stuck: the batch layer does not end"]);
    }
  }

  /** All that the log has accepted of what feeds tell, each symbol's in order. */
  #told(): FeedSpan[] {
    return this.world.group.log.accepted.flatMap(({ life, message, partition }) => {
      if (this.foreign.has(`${life} ${partition} ${message.offset}`)) return [];
      const { data, type } = decodeMessage(message.value!);
      return data.length === 0 ? [parseSpan(type, message.timestamp)] : [];
    });
  }

  /** Every good trade that the log has accepted, a symbol's in the order of its stream. */
  #accepted(): Trade[] {
    return this.world.group.log.accepted.flatMap(({ life, message, partition }) =>
      this.foreign.get(`${life} ${partition} ${message.offset}`) ?? decoded(message.value!)
    );
  }
}

/** Windows of the trades of one call, and of those that a flush under way holds. */
const MOST_OF_ONE_CALL = 2500;

/** Start of the window of a problem with a series that was added; after all times for other problems. */
const startOfAdded = (problem: string): number =>
  Number(/^window .*(?:-sip|tick-\S+|volume-\S+|dollar-\S+) (\d+)/.exec(problem)?.[1] ?? Infinity);

function decoded(value: Uint8Array): Trade[] {
  return decodeMessage(value).data.map(({ c, p, s, t, v }) => ({
    symbol: s,
    price: p,
    time: t,
    volume: v,
    conditions: (c ?? []).filter((code) => code !== null),
  }));
}
