import { assertEquals } from "@std/assert";
import type { WatchRow } from "../../../../src/web/dashboard/wire.ts";
import {
  ALPHABETICAL,
  arrangementOf,
  inOrder,
  sortedBy,
  toggled,
} from "../../../../src/web/pages/dashboard/watch/order.ts";

const row = (symbol: string, price: number, change?: number): WatchRow => ({
  symbol,
  price,
  ...(change === undefined ? {} : { change }),
  time: 0,
  heard: 0,
  digits: 2,
  volumeDigits: 0,
  rate: 1,
  spark: [],
});
const ROWS = [row("C", 3, -0.1), row("A", 1), row("B", 20, 0.2), row("D", 3, 0)];

Deno.test("rows are sorted by a column, the greatest number first, and the other way round by a second press", () => {
  assertEquals(inOrder(ROWS, ALPHABETICAL).join(""), "ABCD");
  assertEquals(inOrder(ROWS, sortedBy(ALPHABETICAL, "symbol")).join(""), "DCBA");
  const byPrice = sortedBy(ALPHABETICAL, "price");
  assertEquals(inOrder(ROWS, byPrice).join(""), "BCDA");
  assertEquals(inOrder(ROWS, sortedBy(byPrice, "price")).join(""), "ACDB");
  assertEquals(inOrder(ROWS, sortedBy(byPrice, "symbol")).join(""), "ABCD");
});

Deno.test("what is not known comes last either way, and pinned symbols first", () => {
  const byChange = sortedBy(ALPHABETICAL, "change");
  assertEquals(inOrder(ROWS, byChange).join(""), "BDCA");
  assertEquals(inOrder(ROWS, sortedBy(byChange, "change")).join(""), "CDBA");
  assertEquals(inOrder(ROWS, { ...byChange, pinned: ["A", "C"] }).join(""), "CABD");
});

Deno.test("an arrangement is kept as text, and what is none is read as the alphabet", () => {
  const kept = { by: "rate", down: true, pinned: ["A"], removed: ["B", "C"] } as const;
  assertEquals(arrangementOf(JSON.stringify(kept)), { ...kept, pinned: ["A"], removed: ["B", "C"] });
  for (const text of ["", "null", "[", "1", "{}", '{"by":"x","down":1,"pinned":{},"removed":[5]}']) {
    assertEquals(arrangementOf(text), ALPHABETICAL, text);
  }
  assertEquals([toggled(["A", "B"], "A"), toggled(["A"], "B")], [["B"], ["A", "B"]]);
});
