/** What holds of tables for every text: fast-check draws them, and makes one that breaks it as short as can be. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  asWritten,
  csvFields,
  csvLine,
  harmless,
  joinCodes,
  raw,
  splitCodes,
} from "../../../src/batch/files/csv.ts";
import { linesOf } from "../../../src/batch/files/lines.ts";

/** Texts of all characters, and many of those that mean something in a table. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom('"', ",", "'", "=", "-", "\t", " ", "|", "\\", "a", "\u00a0", "\ufeff"),
  }),
);
const inLine = text.filter((each) => !/[\r\n]/.test(each));

Deno.test("csvFields() reads what csvLine() writes, whatever the fields hold", () => {
  fc.assert(fc.property(fc.array(inLine, { minLength: 1 }), (fields) => {
    assertEquals(csvFields(csvLine(fields).slice(0, -1)), fields);
  }));
});

Deno.test("a text reads back as it was, made harmless or for programs, and no spreadsheet runs the harmless one", () => {
  fc.assert(fc.property(text, (each) => {
    assertEquals([asWritten(harmless(each)), asWritten(raw(each))], [each, each]);
    assertEquals(/^[=+\-@\t\r]/.test(harmless(each)), false);
  }));
});

Deno.test("condition codes read back from one field as they were", () => {
  fc.assert(fc.property(fc.array(text.filter((code) => code !== "")), (codes) => {
    assertEquals(splitCodes(joinCodes(codes)), codes);
  }));
});

Deno.test("lines are the same however the bytes come", async () => {
  const property = fc.asyncProperty(
    fc.array(fc.uint8Array({ max: 127 }), { maxLength: 8 }),
    async (parts) => {
      const read = (from: Uint8Array[]) =>
        Array.fromAsync(linesOf(
          async function* () {
            yield* from;
          }(),
          20,
        ));
      const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
      assertEquals(
        await read(parts.filter(({ length }) => length > 0)),
        await read(whole.length > 0 ? [whole] : []),
      );
    },
  );
  await fc.assert(property);
});
