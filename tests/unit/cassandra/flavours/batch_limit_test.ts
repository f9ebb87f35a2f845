import { assertEquals, assertRejects } from "@std/assert";
import { BatchLimit, writeWithin } from "../../../../src/cassandra/flavours/batch_limit.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const isRefusal = (error: unknown) => error instanceof RangeError;

/** A server that takes so many rows at once. */
function server(most: () => number) {
  const taken: number[] = [];
  const sizes: number[] = [];
  let refused = 0;
  return {
    taken,
    sizes,
    get refused() {
      return refused;
    },
    write: (rows: readonly number[]): Promise<void> => {
      if (rows.length > most()) {
        refused++;
        return Promise.reject(new RangeError("batch too large"));
      }
      sizes.push(rows.length);
      taken.push(...rows);
      return Promise.resolve();
    },
  };
}

Deno.test("rows are written in order, each once, in parts that the server takes", async () => {
  const limit = new BatchLimit();
  const bounded = server(() => 30);
  await writeWithin(limit, numbers(400), bounded.write, isRefusal);
  assertEquals(bounded.taken, numbers(400));
  assertEquals([bounded.refused, limit.most], [4, 25]);
  // What was learnt once costs nothing again.
  await writeWithin(limit, numbers(100), bounded.write, isRefusal);
  assertEquals(bounded.refused, 4);
  assertEquals(bounded.taken.slice(400), numbers(100));
});

Deno.test("a bound that is no more is forgotten after a while", async () => {
  const limit = new BatchLimit();
  let most = 3;
  const bounded = server(() => most);
  await writeWithin(limit, numbers(8), bounded.write, isRefusal);
  assertEquals(limit.most, 2);
  most = 1000;
  for (let i = 0; i < 4000; i++) await writeWithin(limit, numbers(32), bounded.write, isRefusal);
  assertEquals(bounded.sizes.at(-1), 32);
});

Deno.test("a single row that is refused, and what is no refusal, are thrown; nothing is written after", async () => {
  const none = server(() => 0);
  await assertRejects(() => writeWithin(new BatchLimit(), [1], none.write, isRefusal), RangeError);
  await assertRejects(() => writeWithin(new BatchLimit(), numbers(8), none.write, isRefusal), RangeError);
  const away = () => Promise.reject(new Error("away"));
  await assertRejects(() => writeWithin(new BatchLimit(), numbers(8), away, isRefusal), Error, "away");
});

Deno.test("without rows nothing is written", async () => {
  const any = server(() => 1);
  await writeWithin(new BatchLimit(), [], any.write, isRefusal);
  assertEquals(any.sizes, []);
});
