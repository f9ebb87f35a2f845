import { assertEquals, assertThrows } from "@std/assert";
import * as parse from "../../../src/settings/parsers.ts";

Deno.test("symbolList() reads a JSON array, a Python-style list and a comma list alike", () => {
  const expected = ["AAPL", "BINANCE:BTCUSDT", "IC MARKETS:1"];
  for (
    const text of [
      '["AAPL", "BINANCE:BTCUSDT", "IC MARKETS:1"]',
      "['AAPL', 'BINANCE:BTCUSDT', 'IC MARKETS:1']",
      "AAPL,BINANCE:BTCUSDT,IC MARKETS:1",
      " AAPL , BINANCE:BTCUSDT, IC MARKETS:1 , ",
      "AAPL,BINANCE:BTCUSDT,AAPL,IC MARKETS:1",
    ]
  ) assertEquals(parse.symbolList(text), expected, text);
});

Deno.test("symbolList() refuses empty and overlong symbols and broken lists", () => {
  for (const text of ["", "[]x", "A,,B", '["A"', "A".repeat(65), "A\nB"]) {
    assertThrows(() => parse.symbolList(text), RangeError, "symbols such as");
  }
});

Deno.test("duration() reads its units and refuses a bare number", () => {
  assertEquals(["500ms", "1.5s", "2m", "1h", "30d", "0"].map(parse.duration), [
    500,
    1500,
    120_000,
    3_600_000,
    2_592_000_000,
    0,
  ]);
  assertThrows(() => parse.duration("15"), RangeError, "15s");
  assertThrows(() => parse.positiveDuration("0"), RangeError, "above zero");
});

Deno.test("urlOf() wants the right protocol and no user, password or fragment", () => {
  const websocket = parse.urlOf("wss:", "ws:");
  assertEquals(websocket("ws://127.0.0.1:8801").host, "127.0.0.1:8801");
  for (const text of ["https://a", "nonsense", "wss://u:p@a", "wss://a/#b"]) {
    assertThrows(() => websocket(text), RangeError);
  }
});

Deno.test("listenAddress() reads host and port, IPv6 too, and means all interfaces without a host", () => {
  assertEquals(parse.listenAddress("127.0.0.1:0"), { hostname: "127.0.0.1", port: 0 });
  assertEquals(parse.listenAddress("[::1]:80"), { hostname: "::1", port: 80 });
  assertEquals(parse.listenAddress(":8080"), { hostname: "0.0.0.0", port: 8080 });
  for (const text of ["8080", "a:b", "a:65536", "a:1:2"]) {
    assertThrows(() => parse.listenAddress(text), RangeError);
  }
});

Deno.test("withPort() adds the port where a host has none", () => {
  const hosts = "a, b:1,[::1],[::1]:2,::1,2001:db8::5,[::ffff:1.2.3.4]:3,10.0.0.1";
  assertEquals(parse.withPort(parse.hostList(hosts), 9), [
    "a:9",
    "b:1",
    "[::1]:9",
    "[::1]:2",
    "[::1]:9",
    "[2001:db8::5]:9",
    "[::ffff:1.2.3.4]:3",
    "10.0.0.1:9",
  ]);
  for (const text of ["", "a b", "[::1", "::1]", "[:::::]:1", "1:2:3", "a:99999", "http://a"]) {
    assertThrows(() => parse.hostList(text), RangeError, "one or several hosts");
  }
});

Deno.test("numbers, booleans and words are read strictly", () => {
  assertEquals(parse.port("9092"), 9092);
  for (const text of ["0", "65536", "1.5", "-1", "", "0x10", "1e3"]) {
    assertThrows(() => parse.port(text), RangeError, "from 1 to 65535");
  }
  assertEquals(["TRUE", "yes", "1", "on"].every(parse.boolean), true);
  assertEquals(["False", "no", "0", "off"].some(parse.boolean), false);
  assertThrows(() => parse.boolean("maybe"), RangeError, "true or false");
  assertThrows(() => parse.oneOf("a", "b")("c"), RangeError, "one of a, b");
  assertEquals([parse.speed("max"), parse.speed("2.5")], [Infinity, 2.5]);
  assertThrows(() => parse.speed("0"), RangeError);
});

Deno.test("timeOrAge() reads UTC dates and times, and ages", () => {
  const at = (text: string) => {
    const time = parse.timeOrAge(text);
    return "at" in time ? new Date(time.at).toISOString() : time.ago;
  };
  assertEquals(at("2026-01-31"), "2026-01-31T00:00:00.000Z");
  assertEquals(at("2026-01-31T14:30"), "2026-01-31T14:30:00.000Z");
  assertEquals(at("2026-01-31 14:30:15.5Z"), "2026-01-31T14:30:15.500Z");
  assertEquals(at("2026-01-31T00:30+01:00"), "2026-01-30T23:30:00.000Z");
  assertEquals([at("26h"), at("now")], [26 * 3_600_000, 0]);
  assertEquals([parse.timeOf(parse.timeOrAge("1s"), 5000), parse.timeOf(parse.timeOrAge("1970-01-02"), 0)], [
    4000,
    86_400_000,
  ]);
  for (const bad of ["", "yesterday", "2026-02-30", "2026-1-1", "2026-01-31T25:00", "2026-01-31T14", "-5h"]) {
    assertThrows(() => parse.timeOrAge(bad), RangeError, "a time such as");
  }
});

Deno.test("hostNames() takes names and addresses, and no port, pattern or path", () => {
  assertEquals(parse.hostNames("page.example, 10.0.0.1,fd00::7,[::1]"), [
    "page.example",
    "10.0.0.1",
    "fd00::7",
    "[::1]",
  ]);
  for (
    const text of [
      ",",
      "a:80",
      "*.example",
      "a/b",
      "http://a",
      "a b",
      "[::1",
      "1:2",
      "ä.example",
      "1.2.3.999",
    ]
  ) {
    assertThrows(() => parse.hostNames(text), RangeError, "names of hosts", text);
  }
});

Deno.test("durationUpTo() refuses what is longer", () => {
  assertEquals(["0", "6h", "1d"].map(parse.durationUpTo("1d")), [0, 21_600_000, 86_400_000]);
  assertThrows(() => parse.durationUpTo("1d")("25h"), RangeError, "at most 1d");
});
