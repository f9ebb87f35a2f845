import { assertEquals } from "@std/assert";
import { visible } from "../../../src/telemetry/visible.ts";

Deno.test("what cannot be seen is escaped as JSON would, all else stays", () => {
  assertEquals(visible("price 5 €, 日本 👍\n\tnext"), "price 5 €, 日本 👍\n\tnext");
  assertEquals(visible("\x1b[2J"), "\\u001b[2J");
  assertEquals(visible("\x7f\x9b\u200b\u202e\ufeff"), "\\u007f\\u009b\\u200b\\u202e\\ufeff");
  assertEquals(JSON.parse(`"${visible("\u{e0041}")}"`), "\u{e0041}");
});
