import { assert, assertEquals } from "@std/assert";
import { ageText, feedSignal, tradeSignal } from "../../../../src/web/pages/dashboard/signals/signals.ts";

const told = (...questions: Parameters<typeof feedSignal>[0][]) =>
  questions.map((question) => {
    const { state, text } = feedSignal(question);
    return [state, text];
  });

Deno.test("the feed's signal says where trades come from, and what keeps them from coming", () => {
  assertEquals(
    told(
      {},
      { feed: { source: "finnhub" }, connected: true },
      { feed: { source: "finnhub", trouble: "not connected to the feed" }, connected: false },
      { feed: { source: "finnhub", refused: { A: "no" } }, connected: true },
      { feed: { source: "finnhub", refused: { A: "no", B: "" } }, connected: true },
      { feed: { source: "simulated", ended: false } },
      { feed: { source: "recording", ended: false } },
      { feed: { source: "recording", ended: true } },
    ),
    [
      ["unknown", "feed unknown"],
      ["good", "feed connected"],
      ["bad", "not connected to the feed"],
      ["bad", "feed refuses a symbol"],
      ["bad", "feed refuses 2 symbols"],
      ["good", "simulated market"],
      ["good", "recording"],
      ["bad", "recording has ended"],
    ],
  );
});

Deno.test("whatever is bad has a remedy, and refused symbols are named, a few of many", () => {
  const refused = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`S${i}`, ""]));
  const { remedy = "" } = feedSignal({ feed: { source: "finnhub", refused }, connected: true });
  assert(remedy.includes("S0, S1, S2, S3, S4 and 3 more"), remedy);
  for (
    const feed of [{ source: "recording", ended: true }, { source: "finnhub", trouble: "away" }] as const
  ) {
    assert((feedSignal({ feed }).remedy ?? "").length > 10);
  }
});

Deno.test("the age of the last trade is a signal of its own: silence, and a symbol that is refused, are bad", () => {
  const feed = { source: "finnhub", refused: { B: "too many symbols" } } as const;
  const signals = [tradeSignal("A", 1500, feed), tradeSignal("A", 61_000, feed), tradeSignal("B", 5, feed)];
  assertEquals(signals.map(({ state, text }) => [state, text]), [
    ["good", "last trade 1 s ago"],
    ["bad", "last trade 61 s ago"],
    ["bad", "refused by the feed"],
  ]);
  assert(signals[2]!.remedy!.includes("too many symbols"));
  // What an object has by itself is no symbol.
  assertEquals(tradeSignal("constructor", 5, feed).state, "good");
  assertEquals(tradeSignal("A", undefined, undefined), { text: "", state: "unknown" });
});

Deno.test("an age is in its largest unit", () => {
  assertEquals([-5, 0, 119_999, 120_000, 7_199_999, 7_200_000, 172_799_999, 172_800_000, 4e11].map(ageText), [
    "0 s",
    "0 s",
    "119 s",
    "2 min",
    "119 min",
    "2 h",
    "47 h",
    "2 d",
    "4,629 d",
  ]);
});
