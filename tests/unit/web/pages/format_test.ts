import { assertEquals } from "@std/assert";
import {
  changeText,
  dateText,
  gapText,
  latencyText,
  numberText,
  priceText,
  sparkPoints,
  timeText,
  volumeText,
  wayOf,
} from "../../../../src/web/pages/dashboard/format.ts";

Deno.test("a price has as many decimals as its size needs, and a dash while it is not known", () => {
  const texts = [undefined, 0.00001234, 0.99, 1, 99.99994, 100, 64_321.5].map(priceText);
  assertEquals(texts, ["–", "0.000012", "0.990000", "1.0000", "99.9999", "100.00", "64,321.50"]);
});

Deno.test("a volume is short: few decimals, and thousands as K", () => {
  const texts = [undefined, 0, 0.12345, 12.5, 100.256, 9999.999, 10_000, 1_234_567].map(volumeText);
  assertEquals(texts, ["–", "0", "0.1235", "12.5", "100.26", "10000", "10K", "1.235M"]);
});

Deno.test("a change has a sign for its way, and none where it would be shown as 0", () => {
  assertEquals([0.0123, -0.5, 0.000_04, -0.000_04, undefined].map(changeText), [
    ["▲ 1.23 %", "up"],
    ["▼ 50.00 %", "down"],
    ["◆ 0.00 %", "flat"],
    ["◆ 0.00 %", "flat"],
    ["", "flat"],
  ]);
  assertEquals([wayOf(undefined, 1), wayOf(1, 1), wayOf(1, 2), wayOf(2, 1)], ["flat", "flat", "up", "down"]);
});

Deno.test("a latency is in ms or s; null, which stands for Infinity, is over what is measured", () => {
  assertEquals([undefined, 0, 7.6, 999, 1000, 12_345, null].map(latencyText), [
    "–",
    "–",
    "8 ms",
    "999 ms",
    "1.0 s",
    "12.3 s",
    "over 60 s",
  ]);
});

Deno.test("a gap says first whether the feed is connected", () => {
  assertEquals([gapText(false, 0), gapText(undefined, undefined), gapText(true, 0), gapText(true, 61.4)], [
    "not connected",
    "–",
    "none",
    "61 s",
  ]);
});

Deno.test("times are UTC", () => {
  const time = Date.UTC(2025, 0, 31, 23, 58, 2);
  assertEquals([timeText(time), dateText(time)], ["23:58:02", "2025-01-31 23:58:02"]);
  assertEquals([numberText(1234.56), numberText(0, 1)], ["1,235", "0.0"]);
});

Deno.test("a sparkline fills its drawing, lies low when nothing moves, and needs two points", () => {
  assertEquals(sparkPoints([5, 7, 6]), "0.0,28.0 33.0,2.0 66.0,15.0");
  assertEquals(sparkPoints([5, 5]), "0.0,28.0 66.0,28.0");
  assertEquals([sparkPoints([]), sparkPoints([5])], ["", ""]);
});
