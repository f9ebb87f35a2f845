import { assert, assertEquals } from "@std/assert";
import { type Frame, MAX_FRAME_LENGTH, parseFrame } from "../../../src/market/frame.ts";

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

Deno.test("parseFrame() takes conditions that are no list for none, and bounds those that are one", () => {
  const base = { s: "AAPL", p: 1, t: 1, v: 1 };
  const many = Array.from({ length: 1000 }, (_, i) => String(i));
  const read = frame(
    ...["1", 5, true, {}, [null, null], [["1"], { a: 1 }, 2], many].map((c) => ({ ...base, c })),
  );
  assert(read.type === "trades");
  assertEquals(read.trades.slice(0, 6).map(({ conditions }) => conditions), Array(6).fill([]));
  assertEquals(read.trades[6]!.conditions, many.slice(0, 16));
  assertEquals(read.droppedCodes, 984 + 3);
  assertEquals(read.malformed, 0);
});

Deno.test("parseFrame() counts an entry as malformed for each member that is missing or of another kind", () => {
  const good = { s: "A", p: 1, t: 1, v: 1 };
  for (const name of ["s", "p", "t", "v"] as const) {
    const { [name]: _, ...rest } = good;
    const wrong = name === "s" ? [1, null, ["A"]] : ["1", null, [1], {}];
    const entries = [rest, ...wrong.map((value) => ({ ...good, [name]: value }))];
    assertEquals(frame(...entries), {
      type: "trades",
      trades: [],
      malformed: entries.length,
      droppedCodes: 0,
    }, name);
  }
  assertEquals(frame({ ...good, t: 2 ** 53 }), { type: "trades", trades: [], malformed: 1, droppedCodes: 0 });
});

Deno.test("parseFrame() reads a frame of no trades, and passes over members that it does not know", () => {
  assertEquals(frame(), { type: "trades", trades: [], malformed: 0, droppedCodes: 0 });
  const read = frame({ s: "A", p: 1, t: 1, v: 1, c: null, x: "new" });
  assert(read.type === "trades");
  assertEquals(Object.keys(read.trades[0]!), ["symbol", "price", "volume", "time", "conditions"]);
});

Deno.test("parseFrame() reads the longest frame that is allowed, and calls one character more junk", () => {
  const padded = (length: number) => `{"type":"ping"}`.padEnd(length, " ");
  assertEquals(parseFrame(padded(MAX_FRAME_LENGTH)), { type: "ping" });
  assertEquals(parseFrame(padded(MAX_FRAME_LENGTH + 1)).type, "junk");
});

Deno.test("parseFrame() throws for no text, however hostile", () => {
  const deep = "[".repeat(400_000) + "]".repeat(400_000);
  const none: Frame = { type: "error", message: "an error without a message" };
  for (const msg of ['{"toString":1}', '{"toString":null,"valueOf":null}', deep, "null", "5"]) {
    assertEquals(parseFrame(`{"type":"error","msg":${msg}}`), none, msg.slice(0, 40));
  }
  assertEquals(parseFrame('{"type":"error"}'), none);
  assertEquals(parseFrame(deep).type, "junk");
  assertEquals(parseFrame(`{"type":${deep}}`).type, "junk");
  assertEquals(parseFrame(`{"type":"trade","data":${deep}}`), {
    type: "trades",
    trades: [],
    malformed: 1,
    droppedCodes: 0,
  });
});

Deno.test("parseFrame() judges trades by when the frame came, and keeps the good ones beside the bad", () => {
  const now = Date.UTC(2026, 0, 1);
  const good = { s: "A", p: 1, t: now, v: 1 };
  const bad = [
    { ...good, t: Number.MAX_SAFE_INTEGER },
    { ...good, t: now + 86_400_001 },
    { ...good, t: 0 },
    { ...good, p: 0 },
    { ...good, p: -1 },
    { ...good, v: -1 },
    { ...good, s: "" },
    { ...good, s: "A\u0000" },
    { ...good, s: "A".repeat(65) },
  ];
  const text = JSON.stringify({ type: "trade", data: [good, ...bad, good] });
  // 1e400 is how JSON says Infinity.
  const read = parseFrame(text.replace('"p":-1', '"p":1e400'), now);
  assert(read.type === "trades");
  assertEquals([read.trades.length, read.malformed], [2, bad.length]);
});
