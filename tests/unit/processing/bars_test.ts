import { assert, assertEquals } from "@std/assert";
import { type BarKind, barsOf } from "../../../src/market/bars.ts";
import { bucketOf, HOUR_MS } from "../../../src/market/series.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { expectedBars } from "../../bar_expected.ts";
import type { ExpectedWindow } from "../../expected.ts";
import { pick, seededRandom } from "../pick.ts";
import { bench, MemoryStore, messagesOf } from "./fakes.ts";

const START = Date.UTC(2024, 1, 29, 23, 55);
const NOW = START + HOUR_MS;
const KINDS = [barsOf("tick", 3), barsOf("volume", 12.5), barsOf("dollar", 900)];

/** Trades over a midnight, mostly in order, some hours late; often several of one symbol in a message. */
function batchesOf(random: () => number, messages: number): Trade[][] {
  let time = START;
  return Array.from({ length: messages }, () => {
    const symbol = ["A", "B"][pick(random, 2)]!;
    return Array.from({ length: 1 + pick(random, 9) }, () => {
      time += pick(random, 2000);
      const late = random() < 0.1 ? pick(random, 7_200_000) : 0;
      const volume = random() < 0.1 ? 0 : random() * 10;
      return { symbol, price: 100 + random(), volume, time: time - late, conditions: [] };
    });
  });
}

function storedBars(store: MemoryStore, kinds: readonly BarKind[] = KINDS): Map<string, ExpectedWindow> {
  const found = new Map<string, ExpectedWindow>();
  for (const [series, rows] of store.windows) {
    const [symbol, name] = series.split(" ");
    if (!kinds.some((kind) => kind.name === name)) continue;
    for (const { aggregate, key } of rows.values()) {
      const { close, count, high, low, open, turnover, volume } = aggregate;
      found.set(`${symbol} ${name} ${key}`, { open, high, low, close, volume, turnover, count });
    }
  }
  return found;
}

const sorted = <T>(map: Map<string, T>) => [...map].sort(([a], [b]) => a < b ? -1 : 1);

function assertBars(store: MemoryStore, trades: readonly Trade[]): void {
  assertEquals(sorted(storedBars(store)), sorted(expectedBars(trades, KINDS)));
}

/** A store of which, after some writes, nothing is heard any more, as a process does that is killed. */
class CutStore extends MemoryStore {
  #left = Infinity;
  #cut = Promise.withResolvers<void>();

  /** Resolves when the life ends that begins now. */
  begin(writes: number): Promise<void> {
    this.#left = writes;
    this.#cut = Promise.withResolvers();
    return this.#cut.promise;
  }

  override async writeTrades(...row: Parameters<MemoryStore["writeTrades"]>): Promise<void> {
    await this.#next();
    await super.writeTrades(...row);
  }

  override async writeWindows(...rows: Parameters<MemoryStore["writeWindows"]>): Promise<void> {
    await this.#next();
    await super.writeWindows(...rows);
  }

  #next(): Promise<void> {
    if (--this.#left >= 0) return Promise.resolve();
    this.#cut.resolve();
    return new Promise(() => {});
  }
}

Deno.test("bars equal ones cut from the trades, however messages are split and whenever a process ends", async () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = seededRandom(seed);
    const batches = batchesOf(random, 40);
    const messages = messagesOf(batches);
    const store = new CutStore();
    store.begunAt = new Map([...store.begunAt, ...KINDS.map(({ name }) => [name, 0] as const)]);
    const on = bench(NOW, store);
    let committed = 0;
    for (let life = 0; committed < messages.length; life++) {
      const bars = on.start({ bars: KINDS, maxWindows: life % 2 === 0 ? 10_000 : 5, batchRows: 2 });
      let cut = false;
      const ended = store.begin(life < 8 ? pick(random, 150) : Infinity).then(() => void (cut = true));
      for (let at = committed; at < messages.length && !cut;) {
        const next = Math.min(messages.length, at + 1 + pick(random, 12));
        const work = bars.process(messages.slice(at, next)).then(() => bars.flush());
        const offset = await Promise.race([work, ended]);
        if (cut) break;
        at = next;
        if (offset !== undefined && (life >= 8 || random() < 0.5)) committed = offset;
      }
    }
    assertBars(store, batches.flat());
  }
});

Deno.test("bars that are added to a stream begin with the raw trades of the hours that are under way", async () => {
  const random = seededRandom(7);
  const batches = batchesOf(random, 60);
  const messages = messagesOf(batches);
  const store = new MemoryStore();
  const on = bench(NOW, store);
  const before = on.start({ rules: ["raw"] });
  await before.process(messages.slice(0, 30));
  await before.flush();
  store.begunAt = new Map([...store.begunAt, ...KINDS.map(({ name }) => [name, NOW] as const)]);
  const after = on.start({ bars: KINDS });
  await after.process(messages.slice(30));
  await after.flush();
  const touched = new Set(
    batches.slice(30).flat().map(({ symbol, time }) => `${symbol} ${bucketOf(KINDS[0]!, time)}`),
  );
  const wanted = [...expectedBars(batches.flat(), KINDS)].filter(([name]) => {
    const [symbol, , key] = name.split(" ");
    return touched.has(`${symbol} ${bucketOf(KINDS[0]!, Number(key))}`);
  });
  assertEquals(sorted(storedBars(store)), sorted(new Map(wanted)));
  assert(wanted.some(([, { count }]) => count === 3));
});

Deno.test("flushes that are asked for at once write the bars of an hour in their order", async () => {
  const keys: number[] = [];
  const stored = Promise.withResolvers<void>();
  /** A store that is slow with trades, and refuses the first rows of bars once. */
  class SlowStore extends MemoryStore {
    #refusals = 1;

    override async writeTrades(...row: Parameters<MemoryStore["writeTrades"]>): Promise<void> {
      await stored.promise;
      await super.writeTrades(...row);
    }

    override async writeWindows(...[series, rows]: Parameters<MemoryStore["writeWindows"]>): Promise<void> {
      if (series.kind.name === "tick-3") {
        await Promise.resolve();
        if (this.#refusals-- > 0) throw new Error("away");
        keys.push(...rows.map(({ key }) => key - series.bucket));
      }
      await super.writeWindows(series, rows);
    }
  }
  const store = new SlowStore();
  store.begunAt = new Map([...store.begunAt, ["tick-3", 0]]);
  const bars = bench(NOW, store).start({ bars: [KINDS[0]!] });
  const trades = Array.from({ length: 8 }, (_, i) => ({
    symbol: "A",
    price: 1,
    volume: 1,
    time: START + i,
    conditions: [],
  }));
  const messages = messagesOf([trades.slice(0, 7), trades.slice(7)]);
  await bars.process(messages.slice(0, 1));
  const first = bars.flush();
  await bars.process(messages.slice(1));
  const second = bars.flush();
  stored.resolve();
  await Promise.all([first, second]);
  assertEquals(keys, [0, 1, 2, 2]);
  assertEquals(sorted(storedBars(store)), sorted(expectedBars(trades, [KINDS[0]!])));
});
