import { assertEquals } from "@std/assert";
import {
  changeText,
  gapText,
  latencyText,
  numberText,
  priceText,
  shortText,
  sparkPoints,
  volumeText,
  wayOf,
} from "../../../../src/web/pages/dashboard/format.ts";

Deno.test("a price has its symbol's decimals, thousands set apart, and is a dash while it is not known", () => {
  const texts = (digits: number, ...prices: (number | null | undefined)[]) =>
    prices.map((price) => priceText(price, { price: digits, volume: 0 }));
  assertEquals(texts(2, 42.26, 64_321.5, 42), ["42.26", "64,321.50", "42.00"]);
  assertEquals(texts(8, 0.00000851, 0.000008), ["0.00000851", "0.00000800"]);
  assertEquals(texts(5, 1.15842, 1.1584), ["1.15842", "1.15840"]);
  assertEquals(texts(9, 1e-9), ["0.000000001"]);
  assertEquals(texts(2, undefined, null, Infinity, NaN), ["–", "–", "–", "–"]);
});

Deno.test("volumes of a column have the same decimals; those of several symbols are short", () => {
  const digits = { price: 2, volume: 3 };
  assertEquals([0, 0.5, 12.125, 40_000_000].map((volume) => volumeText(volume, digits)), [
    "0.000",
    "0.500",
    "12.125",
    "40,000,000.000",
  ]);
  assertEquals(
    [undefined, null, Infinity, 0, 0.125, 12.5, 9999.999, 12_345, 1_234_567, 4.5e10].map(shortText),
    [
      "–",
      "–",
      "–",
      "0.00",
      "0.13",
      "12.50",
      "10.00K",
      "12.35K",
      "1.23M",
      "45.00B",
    ],
  );
});

Deno.test("a change has a sign for its way, and none where it would be shown as 0", () => {
  assertEquals([0.0123, -0.5, 0.000_04, -0.000_04, undefined, null].map(changeText), [
    ["▲ 1.23 %", "up"],
    ["▼ 50.00 %", "down"],
    ["◆ 0.00 %", "flat"],
    ["◆ 0.00 %", "flat"],
    ["", "flat"],
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

Deno.test("a number is rounded to its decimals", () => {
  assertEquals([numberText(1234.56), numberText(0, 1)], ["1,235", "0.0"]);
});

Deno.test("a sparkline fills its drawing, lies low when nothing moves, and needs two points", () => {
  assertEquals(sparkPoints([5, 7, 6]), "0.0,28.0 33.0,2.0 66.0,15.0");
  assertEquals(sparkPoints([5, 5]), "0.0,28.0 66.0,28.0");
  assertEquals([sparkPoints([]), sparkPoints([5])], ["", ""]);
});
