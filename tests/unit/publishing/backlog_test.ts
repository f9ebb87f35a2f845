import { assert, assertEquals } from "@std/assert";
import { Backlog, type KeptParcel, type Spool } from "../../../src/publishing/backlog.ts";
import type { Parcel } from "../../../src/publishing/publisher_buffer.ts";
import { silent } from "../processing/fakes.ts";
import { seededRandom } from "../pick.ts";

/** A disk that a process leaves behind. */
class MemorySpool implements Spool {
  readonly rows = new Map<number, Parcel>();
  full = false;
  unreadable = false;
  #next = 1;

  append(parcels: readonly Parcel[]): number[] {
    if (this.full) throw new Error("disk is full");
    return parcels.map((parcel) => {
      this.rows.set(this.#next, parcel);
      return this.#next++;
    });
  }

  read(after: number, limit: number): KeptParcel[] {
    if (this.unreadable) throw new Error("disk I/O error");
    const rows = [...this.rows].filter(([id]) => id > after).slice(0, limit);
    return rows.map(([id, parcel]) => ({ id, parcel }));
  }

  remove(ids: readonly number[]): void {
    if (this.full) throw new Error("disk is full");
    for (const id of ids) this.rows.delete(id);
  }

  trades(): number {
    return [...this.rows.values()].reduce((sum, { trades }) => sum + trades.length, 0);
  }
}

const parcel = (symbol: string, number: number, trades = 1): Parcel => ({
  symbol,
  trades: Array(trades).fill({ symbol, price: number, volume: 1, time: 0, conditions: [] }),
  receivedAt: number,
});

const made = (spool: Spool, { bufferTrades = 10, clock = (): number => 0 } = {}) =>
  new Backlog({ bufferTrades, laneOf: (symbol) => symbol, onShed: () => {}, spool, log: silent, clock });

/** Takes all that waits, as far as it is in memory, and settles it; the numbers of the parcels. */
function drain(backlog: Backlog): number[] {
  const numbers: number[] = [];
  for (let before = -1; numbers.length !== before;) {
    before = numbers.length;
    backlog.refill();
    for (const lane of [...backlog.lanes()]) {
      const taken = backlog.take(lane, 3);
      numbers.push(...taken.map(({ receivedAt }) => receivedAt));
      backlog.done(taken);
    }
  }
  return numbers;
}

Deno.test("with a spool nothing is shed however much waits, memory is bounded, and order is kept", () => {
  const spool = new MemorySpool();
  const backlog = made(spool);
  for (let i = 0; i < 5000; i++) assertEquals(backlog.add([parcel("A", i)]), 0);
  assertEquals([backlog.size, backlog.unkept, spool.rows.size], [5000, 0, 5000]);
  let inMemory = 0;
  for (const lane of backlog.lanes()) inMemory += backlog.take(lane, 1_000_000).length;
  assert(inMemory <= 10, `${inMemory} in memory`);
  const next = made(spool);
  assertEquals(drain(next), Array.from({ length: 5000 }, (_, i) => i));
  assertEquals([next.size, spool.rows.size], [0, 0]);
});

Deno.test("after a restart the spool sends what was not acknowledged, and nothing else", () => {
  const spool = new MemorySpool();
  const before = made(spool, { bufferTrades: 1000 });
  for (let i = 0; i < 30; i++) before.add([parcel("A", i)]);
  before.done(before.take("A", 10));
  before.take("A", 10);
  const after = made(spool, { bufferTrades: 1000 });
  after.add([parcel("A", 30)]);
  assertEquals(after.size, 21);
  assertEquals(drain(after), Array.from({ length: 21 }, (_, i) => i + 10));
});

Deno.test("on a full disk trades wait in memory, within the bound, and go to the disk again when there is room", () => {
  const spool = new MemorySpool();
  let now = 0;
  const backlog = made(spool, { clock: () => now });
  for (let i = 0; i < 50; i++) backlog.add([parcel("A", i)]);
  spool.full = true;
  let shed = 0;
  for (let i = 50; i < 80; i++) shed += backlog.add([parcel("A", i)]);
  assertEquals([shed, backlog.unkept, backlog.size], [20, 10, 60]);
  assertEquals(drain(backlog).slice(0, 60), [
    ...Array(50).keys(),
    ...Array.from({ length: 10 }, (_, i) => 70 + i),
  ]);
  assertEquals(backlog.unkept, 0);
  spool.full = false;
  now += 1000;
  backlog.add([parcel("A", 80)]);
  assertEquals([backlog.unkept, [...spool.rows.values()].at(-1)!.receivedAt], [0, 80]);
  assertEquals(drain(backlog), [80]);
  assertEquals(spool.rows.size, 0, "what was sent while the disk was full is forgotten later");
});

Deno.test("a disk that cannot be read for a while is read again, and nothing is lost or doubled", () => {
  const spool = new MemorySpool();
  let now = 0;
  const backlog = made(spool, { clock: () => now });
  for (let i = 0; i < 50; i++) backlog.add([parcel("A", i)]);
  spool.unreadable = true;
  const first = drain(backlog);
  assert(first.length < 50 && backlog.size === 50 - first.length);
  spool.unreadable = false;
  assertEquals(drain(backlog), []);
  now += 1000;
  assertEquals([...first, ...drain(backlog)], [...Array(50).keys()]);
});

Deno.test("whatever a disk does, no parcel is lost, doubled or out of its symbol's order", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed);
    const spool = new MemorySpool();
    let now = 0;
    const bufferTrades = 1 + Math.floor(random() * 30);
    const backlog = made(spool, { bufferTrades, clock: () => now });
    const sent = new Map<string, number[]>();
    const send = (most: number) => {
      backlog.refill();
      for (const lane of [...backlog.lanes()]) {
        const taken = backlog.take(lane, most);
        for (const { receivedAt, symbol } of taken) sent.set(symbol, [...sent.get(symbol) ?? [], receivedAt]);
        backlog.done(taken);
      }
    };
    let shed = 0;
    let added = 0;
    for (let i = 0; i < 300; i++) {
      if (random() < 0.1) spool.full = !spool.full;
      now += random() * 2000;
      const symbols = ["A", "B", "C"].filter(() => random() < 0.6);
      added += symbols.length;
      shed += backlog.add(symbols.map((symbol) => parcel(symbol, i)));
      if (random() < 0.4) send(1 + Math.floor(random() * 20));
    }
    spool.full = false;
    for (let i = 0; i < 1000 && backlog.size + spool.rows.size > 0; i++) {
      now += 2000;
      send(5);
    }
    const all = [...sent.values()].flat().length;
    assertEquals([backlog.size, all + shed, spool.rows.size], [0, added, 0], `seed ${seed}`);
    for (const [symbol, numbers] of sent) {
      assertEquals(numbers, [...new Set(numbers)].toSorted((a, b) => a - b), `seed ${seed}: ${symbol}`);
    }
  }
});
