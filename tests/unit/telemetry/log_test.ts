import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createLogger, errorText, type LoggerOptions, redactor } from "../../../src/telemetry/log.ts";

function logger(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger({
    level: "info",
    format: "json",
    write: (line) => lines.push(line),
    now: () => 0,
    ...options,
  });
  return { log, lines };
}

Deno.test("a JSON line carries time, level, message and fields", () => {
  const { lines, log } = logger();
  log.with({ role: "x" }).warn("it broke", { error: new Error("why"), absent: undefined, count: 3 });
  assertEquals(JSON.parse(lines[0]!), {
    time: "1970-01-01T00:00:00.000Z",
    level: "warn",
    message: "it broke",
    role: "x",
    error: "why",
    count: 3,
  });
});

Deno.test("a text line is for people: time of day, level, message, fields with quotes where needed", () => {
  const { lines, log } = logger({ format: "text" });
  log.info("started", { topic: "market", note: "two words" });
  assertEquals(lines, ['00:00:00.000Z INFO  started topic=market note="two words"']);
});

Deno.test("lines below the level are left out", () => {
  const { lines, log } = logger({ level: "warn" });
  log.info("no");
  log.error("yes");
  assertEquals(lines.length, 1);
});

Deno.test("a secret never comes out, in a message, a field, an error or an encoded URL", () => {
  const secret = "to/ken?1";
  for (const format of ["json", "text"] as const) {
    const { lines, log } = logger({ format, secrets: [secret, ""] });
    log.error(`got ${secret}`, {
      url: `ws://a/?token=${encodeURIComponent(secret)}`,
      error: new Error(`bad ${secret}`),
    });
    assert(!lines[0]!.includes(secret) && !lines[0]!.includes(encodeURIComponent(secret)), lines[0]!);
    assertStringIncludes(lines[0]!, "[redacted]");
  }
  assertEquals(redactor([])("plain"), "plain");
});

Deno.test("errorText() tells the causes too", () => {
  assertEquals(
    errorText(new Error("outer", { cause: new Error("inner", { cause: "root" }) })),
    "outer: inner: root",
  );
});

Deno.test("a secret of a few letters is no secret, and none is looked for in what takes another's place", () => {
  assertEquals(redactor(["any", "12345"])("many companies 12345"), "many companies 12345");
  assertEquals(redactor(["redacted", "secret"])("a secret, a redacted"), "a [redacted], a [redacted]");
  // The longer one first: nothing of it is left.
  assertEquals(redactor(["token-1", "token-1-and-more"])("x token-1-and-more y"), "x [redacted] y");
});

Deno.test("control and direction characters are escaped in logs", () => {
  const evil = "\x1b[2J\x9b31m\u202eabc\u2028\u{e0001}\r\n\0";
  for (const format of ["json", "text"] as const) {
    const { lines, log } = logger({ format });
    log.info(`took ${evil}`, { symbol: evil });
    assertEquals(lines.length, 1);
    assertEquals(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(lines[0]!), false, JSON.stringify(lines[0]));
    if (format === "json") assertEquals(JSON.parse(lines[0]!).symbol, evil);
  }
});

Deno.test("colour marks warnings and errors of text alone, and what comes from outside brings none", () => {
  const lines: string[] = [];
  const options = { level: "info", now: () => 0, write: (line: string) => void lines.push(line) } as const;
  const text = createLogger({ ...options, format: "text", color: true });
  text.info("plain");
  text.warn("odd", { from: "\x1b[31mred" });
  createLogger({ ...options, format: "json", color: true }).warn("odd");
  assertEquals(lines.map((line) => line.includes("\x1b")), [false, true, false]);
  assertEquals(lines[1]!.split("\x1b").length - 1, 2, lines[1]);
});
