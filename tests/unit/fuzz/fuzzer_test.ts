import { assertEquals, assertRejects } from "@std/assert";
import { fuzz, type Fuzzer, FuzzFailure, inputOf, must, texts } from "../../fuzz/fuzzer.ts";

Deno.test("a fuzzer finds what breaks its promise, what is slow, and what throws something else; the command shows it again", async () => {
  const corpus = texts('{"a":"text 1"}');
  const run = { seed: 1, cases: 20_000, seconds: 20 };
  const planted: Omit<Fuzzer, "corpus">[] = [
    { name: "promise", check: (input) => must(!input.includes(0x2c), "no comma") },
    { name: "throws", check: (input) => input.length > 20_000 ? (undefined as unknown as string).length : 0 },
    {
      name: "slow",
      check: (input) => {
        for (const end = performance.now() + (input.length > 1000 ? 300 : 0); performance.now() < end;);
      },
    },
  ];
  for (const each of planted) {
    const fuzzer = { ...each, corpus };
    const error = await assertRejects(() => fuzz(fuzzer, run), FuzzFailure, `FUZZ=${each.name}`);
    const seed = Number(/FUZZ_SEED=(\d+)/.exec(error.message)![1]);
    const again = await assertRejects(() => fuzz(fuzzer, { seed, cases: 1, seconds: 20 }), FuzzFailure);
    assertEquals(again.message.split(" ms")[0]!.slice(0, 8), error.message.split(" ms")[0]!.slice(0, 8));
    assertEquals(inputOf(fuzzer, seed), inputOf(fuzzer, seed));
  }
});
