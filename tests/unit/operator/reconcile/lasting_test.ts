import { assertEquals } from "@std/assert";
import { Lasting } from "../../../../src/operator/reconcile/lasting.ts";

Deno.test("what is wrong at each look for as long as the bound lasts, and a look without it begins anew", () => {
  let now = 0;
  const lasting = new Lasting(30, () => now);
  const at = (time: number, ...keys: string[]) => {
    now = time;
    return lasting.of(keys);
  };
  assertEquals(at(0, "a"), []);
  assertEquals(at(20, "a", "b"), []);
  assertEquals(lasting.due(), 10);
  assertEquals(at(30, "a", "b"), ["a"]);
  assertEquals(lasting.due(), 20);
  assertEquals(at(40, "b"), []);
  assertEquals(at(60, "a", "b"), ["b"]);
  assertEquals(at(89, "a"), []);
  assertEquals(at(90, "a"), ["a"]);
  assertEquals(lasting.due(), undefined);
});
