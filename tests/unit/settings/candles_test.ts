import { assertEquals, assertThrows } from "@std/assert";
import { candleSettings } from "../../../src/settings/candles.ts";

const { parse } = candleSettings.bars;

Deno.test("bars are told by measure and size, once each, in their order; the empty text is none", () => {
  assertEquals(parse(""), []);
  const names = (text: string) => parse(text).map(({ name }) => name);
  assertEquals(names("volume:10000, tick:500,dollar:2.5,tick:500"), [
    "volume-10000",
    "tick-500",
    "dollar-2.5",
  ]);
  assertEquals(names("volume:999999999999999"), ["volume-999999999999999"]);
});

Deno.test("bars of no size, of one trade, of parts of trades and of unknown measures are refused with what is right", () => {
  const wrong = [
    "tick",
    "tick:",
    "tick:1",
    "tick:2.5",
    "volume:0",
    "volume:-1",
    "volume:1e5",
    "time:5",
    "tick:5;tick:6",
  ];
  const many = Array.from({ length: 9 }, (_, i) => `tick:${i + 2}`).join(",");
  for (const text of [...wrong, many]) assertThrows(() => parse(text), RangeError, "such as tick:500", text);
});
