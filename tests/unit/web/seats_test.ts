import { assert, assertEquals } from "@std/assert";
import { Seats } from "../../../src/web/seats.ts";

Deno.test("one address takes its share of the seats and leaves the rest to others", () => {
  const seats = new Seats({ total: 5, perAddress: 3 });
  const greedy = Array.from({ length: 9 }, () => seats.take("a")).filter((seat) => seat !== undefined);
  assertEquals([greedy.length, seats.taken], [3, 3]);
  assert(seats.take("b") && seats.take("c"));
  assertEquals(seats.take("d"), undefined);
  greedy[0]!();
  greedy[0]!();
  assertEquals(seats.taken, 4);
  assert(seats.take("a"));
});
