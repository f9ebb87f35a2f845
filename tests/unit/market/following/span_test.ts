import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type FeedSpan,
  isSpanText,
  otherBucket,
  parseSpan,
  spanBucket,
  spanText,
} from "../../../../src/market/following/span.ts";
import { decodeMessage, encodeMessage, framedEncoder } from "../../../../src/market/message.ts";
import { framedBy } from "../../../../src/market/wire_format.ts";

const NOW = Date.UTC(2026, 0, 31, 12);
const SPANS: FeedSpan[] = [
  { kind: "gap", symbol: "BINANCE:BTCUSDT", from: NOW - 5000, to: NOW, why: "lost" },
  { kind: "gap", symbol: "IC MARKETS:1", from: NOW, why: "restart" },
  { kind: "followed", symbol: ":", from: NOW, to: NOW, why: "" },
  { kind: "followed", symbol: "é", from: NOW - 1, to: NOW, why: "" },
];

Deno.test("what is told of a feed comes back from its message, in either format, and is no trade for others", () => {
  for (const span of SPANS) {
    const value = encodeMessage([], spanText(span));
    assertEquals(framedBy(value), undefined, "plain Avro is not taken for a frame");
    const { data, type } = decodeMessage(value);
    assertEquals(data, []);
    assert(isSpanText(type));
    assertEquals(parseSpan(type, NOW), span);
    for (const id of [1, 0x7fff_ffff]) {
      const framed = framedEncoder(id)([], spanText(span));
      assertEquals(framedBy(framed), id);
      assertEquals(decodeMessage(framed.subarray(5)).type, type);
    }
  }
  assert(!isSpanText("trade") && !isSpanText("gap") && !isSpanText(" gap:1"));
});

Deno.test("what is malformed says why, and nothing of it is used", () => {
  const wrong: [text: string, why: string][] = [
    ["gap:", "form"],
    [`gap:${NOW}:${NOW}:lost`, "form"],
    [`gap:${NOW}:${NOW}::A`, "form"],
    [`gap:${NOW}:x:lost:A`, "form"],
    [`gap:-1:${NOW}:lost:A`, "form"],
    [`gap:${NOW}.5:${NOW}:lost:A`, "form"],
    [`followed:${NOW}::A`, "form"],
    [`gap:${NOW}:${NOW - 1}:lost:A`, "ends before"],
    [`gap:1:${NOW}:lost:A`, "2000-01-01"],
    [`gap:${NOW}:${NOW + 90_000_000}:lost:A`, "day ahead"],
    [`gap:${NOW + 90_000_000}::lost:A`, "day ahead"],
    [`gap:${NOW}:${NOW}:${"x".repeat(17)}:A`, "reason"],
    [`gap:${NOW}:${NOW}:lost:`, "empty symbol"],
    [`gap:${NOW}:${NOW}:lost:${"A".repeat(65)}`, "longer"],
    [`gap:${NOW}:${NOW}:lost:A\u202e`, "control or format"],
    [`gap:${NOW}:${NOW}:lost:${"A".repeat(200)}`, "longer"],
  ];
  for (const [text, why] of wrong) assertThrows(() => parseSpan(text, NOW), RangeError, why, text);
});

Deno.test("a span is kept under the month of its start, and months follow one another", () => {
  const january = Date.UTC(2026, 0);
  assertEquals(spanBucket(NOW), january);
  assertEquals(otherBucket(january, 1), Date.UTC(2026, 1));
  assertEquals(otherBucket(january, -1), Date.UTC(2025, 11));
  assertEquals(otherBucket(Date.UTC(2024, 1), 1), Date.UTC(2024, 2));
});
