import { assertEquals } from "@std/assert";
import { NowAndThen } from "../../../src/async/now_and_then.ts";

Deno.test("NowAndThen says the first at once, and later how often it happened meanwhile", () => {
  let now = 5;
  const line = new NowAndThen(60_000, () => now);
  assertEquals([line.due(), line.due(), line.due()], [1, undefined, undefined]);
  now += 59_999;
  assertEquals(line.due(), undefined);
  now += 1;
  assertEquals([line.due(), line.due()], [4, undefined]);
});
