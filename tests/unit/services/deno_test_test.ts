import { assertEquals } from "@std/assert";
import { failureText, readSummary, sum } from "../../deno_test.ts";

Deno.test("readSummary() reads deno test's last line, coloured or not", () => {
  assertEquals(readSummary("ok | 12 passed (3 steps) | 0 failed | 2 ignored (1 step) (3s)"), {
    passed: 12,
    failed: 0,
    skipped: 2,
  });
  const coloured = "\x1b[0m\x1b[31mFAILED\x1b[0m | 4 passed | 1 failed \x1b[0m\x1b[38;5;245m(12ms)\x1b[0m";
  assertEquals(readSummary(coloured), { passed: 4, failed: 1, skipped: 0 });
  assertEquals(readSummary("a test ... ok (1ms)"), undefined);
});

Deno.test("failureText() is what deno test says of errors, else how the output ends", () => {
  const output =
    "a test ... FAILED (1ms)\n\n\x1b[41m ERRORS \x1b[0m\n\na test\nerror: no\n\nFAILED | 0 passed | 1 failed";
  assertEquals(failureText(output), "ERRORS \n\na test\nerror: no\n\nFAILED | 0 passed | 1 failed");
  assertEquals(failureText("a test ...\nstopped\n"), "a test ...\nstopped");
  assertEquals(failureText("x".repeat(10_000)).length, 3000);
});

Deno.test("sum() of no stages is nothing run", () => {
  assertEquals(sum([]), { passed: 0, failed: 0, skipped: 0 });
});
