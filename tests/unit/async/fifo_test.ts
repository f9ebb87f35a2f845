import { assert, assertEquals } from "@std/assert";
import { Fifo } from "../../../src/async/fifo.ts";
import { seededRandom } from "../pick.ts";

Deno.test("Fifo gives items back in order, whatever pushes and shifts come between", () => {
  const random = seededRandom(1);
  const fifo = new Fifo<number>();
  let pushed = 0;
  let taken = 0;
  for (let step = 0; step < 20_000; step++) {
    if (random() < 0.5 + 0.4 * Math.sin(step / 500)) fifo.push(pushed++);
    else if (taken < pushed) {
      assertEquals(fifo.peek(), taken);
      assertEquals(fifo.shift(), taken++);
    } else assertEquals([fifo.peek(), fifo.shift()], [undefined, undefined]);
    assertEquals(fifo.length, pushed - taken);
  }
  assert(taken > 5000);
});
