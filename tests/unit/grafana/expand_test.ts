import { assertEquals, assertThrows } from "@std/assert";
import { expand, variablesIn, withTimes, withVariables } from "../../grafana/expand.ts";

Deno.test("withVariables() takes every way to write a variable, and leaves what is none", () => {
  const text = "$a ${a} [[a]] $ab ${b} $__timeFrom $";
  assertEquals(withVariables(text, { a: "1", b: "$a" }), "1 1 1 $ab $a $__timeFrom $");
  assertThrows(() => withVariables("${a:csv}", { a: "1" }), RangeError, "csv");
});

Deno.test("withTimes() puts in milliseconds, and seconds for the epoch", () => {
  const text = "$__timeFrom $__timeTo $__unixEpochFrom $__unixEpochTo $__timeFrom";
  assertEquals(withTimes(text, { from: 1999, to: 3000 }), "1999 3000 1 3 1999");
});

Deno.test("expand() replaces times within the value of a variable too, as the plugin does after Grafana", () => {
  assertEquals(
    expand("IN ($days)", { days: "floor($__timeTo, 1d)" }, { from: 0, to: 5 }),
    "IN (floor(5, 1d))",
  );
});

Deno.test("variablesIn() finds each name, with a format or without", () => {
  assertEquals(variablesIn("$a-${b:date:YYYY}-[[c]]-$__timeTo"), ["a", "b", "c", "__timeTo"]);
});
