import { assertEquals } from "@std/assert";
import { placedGaps, touches } from "../../../../src/web/pages/dashboard/gaps/place.ts";

/** Of five seconds each; nobody traded from 15 to 25. */
const CANDLES = [0, 5, 10, 25, 30].map((second) => ({ start: second * 1000 }));
const placed = (from: number, to?: number, filledAt?: number) =>
  placedGaps(
    [{
      from: from * 1000,
      ...(to !== undefined && { to: to * 1000 }),
      why: "lost",
      ...(filledAt !== undefined && { filledAt, filledFrom: "tick" }),
    }],
    CANDLES,
    5000,
  );

Deno.test("a gap is over every candle that it touches, and over no other", () => {
  assertEquals(placed(6, 12), [{ left: 0.5, right: 2.5 }]);
  assertEquals(placed(5, 10), [{ left: 0.5, right: 1.5 }]);
  assertEquals(placed(12, 27), [{ left: 1.5, right: 3.5 }]);
  assertEquals(placed(-5, 1), [{ left: -0.5, right: 0.5 }]);
});

Deno.test("a gap in which nobody traded is between the candles, and one before all is nowhere", () => {
  assertEquals(placed(16, 24), [{ left: 2.5, right: 2.5 }]);
  assertEquals(placed(-9, 0), []);
  assertEquals(placedGaps([{ from: 0, why: "lost" }], [], 5000), []);
});

Deno.test("an open gap goes on to the edge, and a filled one is not drawn", () => {
  assertEquals(placed(31), [{ left: 3.5, right: Infinity }]);
  assertEquals(placed(40), [{ left: 4.5, right: Infinity }]);
  assertEquals(placed(6, 12, 99), []);
  const filled = (filledFrom: string) => ({ from: 5000, to: 6000, why: "lost", filledAt: 1, filledFrom });
  assertEquals(touches(filled("tick"), 5000, 5000), false);
  assertEquals(touches(filled("candle"), 0, 60_000), false);
  assertEquals(touches(filled("candle"), 5000, 5000), true, "no candles of seconds can be fetched");
  assertEquals(touches({ from: 5000, why: "lost" }, 5000, 5000), true);
});
