import { assertEquals } from "@std/assert";
import { tradeFault } from "../../../src/market/trade.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;

Deno.test("tradeFault() finds nothing wrong with good trades, volume 0 and the bounds among them", () => {
  assertEquals(tradeFault("A", 0, 0, Date.UTC(2000, 0, 1), NOW), undefined);
  assertEquals(tradeFault("A".repeat(64), 1e300, 1e300, NOW + DAY, NOW), undefined);
});

Deno.test("tradeFault() names what is wrong", () => {
  assertEquals(tradeFault("", 1, 1, NOW, NOW), "empty symbol");
  assertEquals(tradeFault("A".repeat(65), 1, 1, NOW, NOW), "symbol longer than 64 characters");
  for (const bad of [NaN, Infinity, -Infinity, -0.01]) {
    assertEquals(tradeFault("A", bad, 1, NOW, NOW), "price not finite or negative");
    assertEquals(tradeFault("A", 1, bad, NOW, NOW), "volume not finite or negative");
  }
  assertEquals(tradeFault("A", 1, 1, Date.UTC(2000, 0, 1) - 1, NOW), "time before 2000-01-01");
  assertEquals(tradeFault("A", 1, 1, NaN, NOW), "time before 2000-01-01");
  assertEquals(tradeFault("A", 1, 1, NOW + DAY + 1, NOW), "time more than a day ahead");
});
