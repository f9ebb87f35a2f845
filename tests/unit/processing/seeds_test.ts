import { assertEquals } from "@std/assert";
import { Calendars } from "../../../src/market/calendar/calendars.ts";
import { seriesOf } from "../../../src/market/series.ts";
import { expectedSip } from "../../sip_expected.ts";
import { bench, MemoryStore, messagesOf } from "./fakes.ts";

const NOON = Date.parse("2024-07-02T12:00:30-04:00");
const trades = Array.from({ length: 40 }, (_, i) => ({
  symbol: "AAPL",
  price: 100 + i,
  volume: 1 + i,
  time: NOON + i * 500,
  conditions: i % 3 === 0 ? ["12"] : [],
}));
const messages = messagesOf(trades.map((trade) => [trade]));

/** How often the raw trades of a store are read. */
class CountingStore extends MemoryStore {
  reading = 0;

  override trades(symbol: string, from: number, to: number) {
    this.reading++;
    return super.trades(symbol, from, to);
  }
}

/** The second half of the trades, by an owner that keeps candles which the first did not; added at a time. */
async function added(begun: number): Promise<CountingStore> {
  const store = new CountingStore();
  const on = bench(NOON + 15_000, store);
  const before = on.start({ rules: ["raw"] });
  await before.process(messages.slice(0, 20));
  await before.flush();
  const sip = seriesOf(["sip"]).filter(({ rule }) => rule === "sip");
  store.begunAt = new Map([...store.begunAt, ...sip.map(({ name }) => [name, begun] as const)]);
  const after = on.start({ rules: ["raw", "sip"] });
  await after.process(messages.slice(20));
  await after.flush();
  return store;
}

const counts = (store: MemoryStore) =>
  [...store.windows].filter(([name]) => name.includes("-sip ")).flatMap(([name, rows]) =>
    [...rows].map((
      [key, { aggregate }],
    ) => [`${name.split(" ").slice(0, 2).join(" ")} ${key}`, aggregate.count])
  );

Deno.test("windows under way when a series is added begin with the raw trades, which are read once an hour", async () => {
  const store = await added(NOON + 10_000);
  const wanted = expectedSip(trades, new Calendars());
  const found = counts(store);
  for (const [name, count] of found) assertEquals(count, wanted.get(String(name))?.count, String(name));
  // Those of a few seconds that were over are for the batch layer; those under way are whole.
  for (const interval of ["1m", "5m", "1h"]) {
    assertEquals(found.some(([name]) => String(name).includes(` ${interval}-sip `)), true, interval);
  }
  assertEquals(store.reading, 1);
});

Deno.test("a series that always was is not looked for among the raw trades", async () => {
  assertEquals((await added(0)).reading, 0);
});
