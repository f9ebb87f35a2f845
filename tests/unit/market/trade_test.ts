import { assertEquals } from "@std/assert";
import { conditionCodes, LATEST_TRADE_MS, tradeFault } from "../../../src/market/trade.ts";
import { decodeMessage, encodeMessage } from "../../../src/market/message.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;

Deno.test("tradeFault() finds nothing wrong with good trades, volume 0 and the bounds among them", () => {
  assertEquals(tradeFault("A", Number.MIN_VALUE, 0, Date.UTC(2000, 0, 1), NOW), undefined);
  assertEquals(tradeFault("A".repeat(64), 1e300, 1e300, NOW + DAY, NOW), undefined);
  assertEquals(tradeFault("IC MARKETS:1", 1, 1, NOW, NOW), undefined);
});

Deno.test("tradeFault() names what is wrong", () => {
  assertEquals(tradeFault("", 1, 1, NOW, NOW), "empty symbol");
  assertEquals(tradeFault("A".repeat(65), 1, 1, NOW, NOW), "symbol longer than 64 characters");
  for (const bad of [NaN, Infinity, -Infinity, -0.01, 0, -0]) {
    assertEquals(tradeFault("A", bad, 1, NOW, NOW), "price not finite or not above 0");
    if (bad !== 0) assertEquals(tradeFault("A", 1, bad, NOW, NOW), "volume not finite or negative");
  }
  assertEquals(tradeFault("A", 1, 1, Date.UTC(2000, 0, 1) - 1, NOW), "time before 2000-01-01");
  assertEquals(tradeFault("A", 1, 1, NaN, NOW), "time before 2000-01-01");
  assertEquals(tradeFault("A", 1, 1, NOW + DAY + 1, NOW), "time more than a day ahead");
  assertEquals(tradeFault("A", 1, 1, NOW + 0.5, NOW), "time not in whole milliseconds");
});

Deno.test("a trade's time stays within four-digit years, however wrong the clock is", () => {
  for (const now of [Infinity, Number.MAX_SAFE_INTEGER, 2 ** 62]) {
    assertEquals(tradeFault("A", 1, 1, LATEST_TRADE_MS, now), undefined);
    for (const time of [LATEST_TRADE_MS + 1, Number.MAX_SAFE_INTEGER, 2 ** 60, Infinity]) {
      assertEquals(tradeFault("A", 1, 1, time, now), "time after the year 9999");
    }
  }
  assertEquals(new Date(LATEST_TRADE_MS).toISOString(), "9999-12-31T23:59:59.999Z");
});

Deno.test("whatever tradeFault() lets through survives a message unchanged", () => {
  const symbols = ["A", "IC MARKETS:1", "é", "\u{1f680}", "A".repeat(64), "漢".repeat(64)];
  const numbers = [Number.MIN_VALUE, 1, Number.MAX_VALUE];
  for (const symbol of symbols) {
    for (const price of numbers) {
      for (const time of [Date.UTC(2000, 0, 1), NOW, LATEST_TRADE_MS]) {
        assertEquals(tradeFault(symbol, price, price, time, LATEST_TRADE_MS), undefined);
        const trade = { symbol, price, volume: price, time, conditions: [] };
        const [decoded] = decodeMessage(encodeMessage([trade])).data;
        assertEquals({ ...decoded }, { s: symbol, p: price, v: price, t: time, c: null });
      }
    }
  }
});

Deno.test("conditionCodes() keeps 16 codes of 16 characters and counts what it drops", () => {
  const codes = (...listed: unknown[]) => conditionCodes(listed);
  assertEquals(conditionCodes(null), { codes: [], dropped: 0 });
  assertEquals(codes("1", null, "12"), { codes: ["1", "12"], dropped: 0 });
  assertEquals(codes("x".repeat(16), "x".repeat(17), "", 5, ["1"], "a\u0000", "\u202eb", "\ud800"), {
    codes: ["x".repeat(16)],
    dropped: 7,
  });
  const many = Array.from({ length: 1000 }, (_, i) => String(i));
  assertEquals(conditionCodes(many), { codes: many.slice(0, 16), dropped: 984 });
});
