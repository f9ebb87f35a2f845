import { assertEquals } from "@std/assert";
import { Floor } from "../../../../src/finnhub/simulator/floor.ts";
import { seededRandom } from "../../../../src/finnhub/random.ts";

/** Who trades at each of these times, in a market that keeps hours. */
function openAt(symbol: string, ...times: string[]): boolean[] {
  return times.map((time) => {
    const floor = new Floor({ symbols: [symbol], seed: 1, hours: true });
    return floor.next(Date.parse(time), seededRandom(1)) !== undefined;
  });
}

Deno.test("stocks open at 9:30 and close at 16:00 in New York, in summer and in winter", () => {
  // Winter: five hours behind.
  assertEquals(
    openAt("AAPL", "2025-11-26T14:29:59Z", "2025-11-26T14:30Z", "2025-11-26T20:59:59Z", "2025-11-26T21:00Z"),
    [false, true, true, false],
  );
  // Summer: four.
  assertEquals(
    openAt("AAPL", "2025-07-02T13:29:59Z", "2025-07-02T13:30Z", "2025-07-02T19:59:59Z", "2025-07-02T20:00Z"),
    [false, true, true, false],
  );
  assertEquals(openAt("AAPL", "2025-11-29T16:00Z", "2025-11-30T16:00Z", "2025-12-01T16:00Z"), [
    false,
    false,
    true,
  ]);
});

Deno.test("stocks keep holidays and half days", () => {
  // Thanksgiving, and the day after it, which ends at 13:00.
  assertEquals(openAt("AAPL", "2025-11-27T16:00Z", "2025-11-28T17:59Z", "2025-11-28T18:00Z"), [
    false,
    true,
    false,
  ]);
  assertEquals(openAt("MSFT", "2026-07-03T15:00Z", "2025-12-25T15:00Z"), [false, false]);
});

Deno.test("currencies trade from Sunday to Friday, 17:00 in New York, and crypto always", () => {
  assertEquals(
    openAt(
      "OANDA:EUR_USD",
      "2025-11-28T21:59Z",
      "2025-11-28T22:00Z",
      "2025-11-29T12:00Z",
      "2025-11-30T21:59Z",
    ),
    [true, false, false, false],
  );
  assertEquals(openAt("OANDA:EUR_USD", "2025-11-30T22:00Z", "2025-12-01T03:00Z"), [true, true]);
  assertEquals(openAt("BINANCE:BTCUSDT", "2025-11-29T03:00Z", "2025-12-25T03:00Z"), [true, true]);
});
