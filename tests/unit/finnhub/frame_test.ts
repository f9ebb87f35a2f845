import { assert, assertEquals } from "@std/assert";
import { MAX_FRAME_LENGTH, parseFrame } from "../../../src/finnhub/frame.ts";

const frame = (...data: unknown[]) => parseFrame(JSON.stringify({ type: "trade", data }));

Deno.test("parseFrame() reads trades, whatever form their conditions take", () => {
  const base = { s: "AAPL", p: 1.5, t: 1000, v: 0 };
  const read = frame(base, { ...base, c: null }, { ...base, c: [] }, { ...base, c: ["1", null, "12"] });
  assert(read.type === "trades");
  assertEquals(read.trades.map(({ conditions }) => conditions), [[], [], [], ["1", "12"]]);
  const [first] = read.trades;
  assertEquals(first, { symbol: "AAPL", price: 1.5, volume: 0, time: 1000, conditions: [] });
  assertEquals(read.malformed, 0);
});

Deno.test("parseFrame() counts entries that are not trades and keeps the others", () => {
  const good = { s: "A", p: 1, t: 1, v: 1 };
  const read = frame(
    good,
    null,
    5,
    [],
    {},
    { ...good, p: "1" },
    { ...good, t: 1.5 },
    { ...good, s: 1 },
    good,
  );
  assert(read.type === "trades");
  assertEquals([read.trades.length, read.malformed], [2, 7]);
});

Deno.test("parseFrame() tells pings, errors and junk apart", () => {
  assertEquals(parseFrame('{"type":"ping"}'), { type: "ping" });
  assertEquals(parseFrame('{"type":"error","msg":"no"}'), { type: "error", message: "no" });
  const error = parseFrame(JSON.stringify({ type: "error", msg: "x".repeat(10_000) }));
  assert(error.type === "error" && error.message.length <= 500);
  for (
    const text of [
      "",
      "{",
      "null",
      "[]",
      "1",
      "{}",
      '{"type":"news"}',
      '{"type":"trade"}',
      '{"type":"trade","data":{}}',
    ]
  ) {
    assertEquals(parseFrame(text).type, "junk", text);
  }
  assertEquals(parseFrame(" ".repeat(MAX_FRAME_LENGTH + 1)).type, "junk");
});
