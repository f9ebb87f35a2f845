import { assertEquals } from "@std/assert";
import { demoTable, quantileMs } from "../../services/demo_table.ts";

Deno.test("demoTable() aligns its columns and shows a dash for what is not there yet", () => {
  const lines = demoTable({
    rows: [
      { symbol: "BINANCE:BTCUSDT", price: 61837.5, tradesPerSecond: 46.25, average: 61830 },
      { symbol: "AAPL", price: undefined, tradesPerSecond: 0, average: undefined },
    ],
    stored: 12345,
    lag: 2,
    latencyMs: { p50: 3, p99: Infinity },
    seconds: 10.4,
  });
  assertEquals(lines, [
    "SYMBOL            LAST PRICE   TRADES/S   15 S AVERAGE",
    "BINANCE:BTCUSDT    61,837.50       46.3      61,830.00",
    "AAPL                       -        0.0              -",
    "",
    "12,345 trades stored in 10 s, 2 messages waiting",
    "from send to stored row: half within 3 ms, 99 % above a minute",
  ]);
});

Deno.test("quantileMs() reads a histogram", () => {
  const text = ['a_bucket{le="0.001"} 1', 'a_bucket{le="0.01"} 3', 'a_bucket{le="+Inf"} 4', "a_count 4"].join(
    "\n",
  );
  assertEquals([0.25, 0.5, 1].map((q) => quantileMs(text, "a", q)), [1, 10, Infinity]);
  assertEquals(quantileMs("", "a", 0.5), 0);
});
