import { assertEquals, assertThrows } from "@std/assert";
import { alertRules, MOST_RULES } from "../../../src/alerts/rule.ts";

Deno.test("alerts are read as they are written, each once, whatever the symbol", () => {
  assertEquals(
    alertRules("AAPL>300, BINANCE:BTCUSDT < 60000.50,IC MARKETS:1=1.5,TSLA%5/15m,AAPL>300.0,😀A<2,"),
    [
      { id: "AAPL>300", symbol: "AAPL", kind: "above", value: 300, minutes: 1 },
      {
        id: "BINANCE:BTCUSDT<60000.5",
        symbol: "BINANCE:BTCUSDT",
        kind: "below",
        value: 60_000.5,
        minutes: 1,
      },
      { id: "IC MARKETS:1=1.5", symbol: "IC MARKETS:1", kind: "crossing", value: 1.5, minutes: 1 },
      { id: "TSLA%5/15m", symbol: "TSLA", kind: "move", value: 5, minutes: 15 },
      { id: "😀A<2", symbol: "😀A", kind: "below", value: 2, minutes: 1 },
    ],
  );
  assertEquals(alertRules(""), []);
});

Deno.test("what is no alert is refused in one line that says what one is", () => {
  const bad = [
    "AAPL",
    ">5",
    "AAPL>",
    "AAPL>-1",
    "AAPL>0",
    "AAPL>1e3",
    "AAPL>1.2.3",
    "AAPL>5/1m",
    "TSLA%5",
    "TSLA%5/m",
    "TSLA%5/0m",
    "TSLA%5/1441m",
    "TSLA%5/15m/2m",
    "A\nB>5",
    `${"A".repeat(65)}>5`,
    `AAPL>${"1".repeat(10_000)}`,
    Array.from({ length: MOST_RULES + 1 }, (_, i) => `A>${i + 1}`).join(),
  ];
  for (const text of bad) {
    const { message } = assertThrows(() => alertRules(text), RangeError);
    assertEquals([message.includes("\n"), message.length < 400], [false, true], message);
  }
});
