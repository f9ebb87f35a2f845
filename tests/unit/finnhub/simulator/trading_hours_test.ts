import { assertEquals } from "@std/assert";
import { TradingHours } from "../../../../src/finnhub/simulator/trading_hours.ts";

const hours = new TradingHours();
const stocksAt = (...times: string[]) => times.map((time) => hours.open("Common Stock", Date.parse(time)));
const currenciesAt = (...times: string[]) => times.map((time) => hours.open("Forex", Date.parse(time)));

Deno.test("stocks open at 9:30 and close at 16:00 in New York, in summer and in winter", () => {
  // Winter: five hours behind.
  assertEquals(
    stocksAt("2025-11-26T14:29:59Z", "2025-11-26T14:30Z", "2025-11-26T20:59:59Z", "2025-11-26T21:00Z"),
    [false, true, true, false],
  );
  // Summer: four.
  assertEquals(
    stocksAt("2025-07-02T13:29:59Z", "2025-07-02T13:30Z", "2025-07-02T19:59:59Z", "2025-07-02T20:00Z"),
    [false, true, true, false],
  );
  assertEquals(stocksAt("2025-11-29T16:00Z", "2025-11-30T16:00Z", "2025-12-01T16:00Z"), [false, false, true]);
});

Deno.test("currencies trade from Sunday to Friday, 17:00 in New York, and crypto always", () => {
  assertEquals(
    currenciesAt("2025-11-28T21:59Z", "2025-11-28T22:00Z", "2025-11-29T12:00Z", "2025-11-30T21:59Z"),
    [true, false, false, false],
  );
  assertEquals(currenciesAt("2025-11-30T22:00Z", "2025-12-01T03:00Z"), [true, true]);
  assertEquals(hours.open("Crypto", Date.parse("2025-11-29T03:00Z")), true);
});
