import { assertEquals } from "@std/assert";
import { remembering } from "../../../../src/operator/reconcile/remembering.ts";

Deno.test("an answer is worked out once for the same texts, in their order, and the oldest is forgotten", () => {
  const asked: string[] = [];
  const join = remembering((a: string, b: string | undefined) => {
    asked.push(`${a}${b}`);
    return `${a}-${b}`;
  }, 2);
  assertEquals([join("a", "b"), join("a", "b"), join("b", "a")], ["a-b", "a-b", "b-a"]);
  assertEquals(asked, ["ab", "ba"]);
  assertEquals([join("c", undefined), join("b", "a"), join("a", "b")], ["c-undefined", "b-a", "a-b"]);
  assertEquals(asked, ["ab", "ba", "cundefined", "ab"]);
});

Deno.test("that there is no answer is remembered, too", () => {
  let asked = 0;
  const none = remembering((_: string) => {
    asked++;
    return undefined;
  });
  assertEquals([none("a"), none("a"), asked], [undefined, undefined, 1]);
});
