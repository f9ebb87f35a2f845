import { assertEquals, assertThrows } from "@std/assert";
import { BadRequest, parseHead } from "../../../../src/web/http/request_head.ts";

const head = (...lines: string[]) => parseHead(lines.join("\r\n"), 100);

Deno.test("a request's head is read: method, target, headers, whether another may follow", () => {
  const { headers, keepAlive, length, method, target } = head(
    "POST /api/symbols?a=%20b HTTP/1.1",
    "Host: [::1]:8080",
    "Accept: a/b",
    "accept:  c/d ",
    "Content-Length: 12",
  );
  assertEquals([method, target, keepAlive, length], ["POST", "/api/symbols?a=%20b", true, 12]);
  assertEquals([headers.get("host"), headers.get("accept")], ["[::1]:8080", "a/b, c/d"]);
  assertEquals(head("GET / HTTP/1.1", "Host: a", "Connection: close").keepAlive, false);
  assertEquals(head("GET / HTTP/1.0").keepAlive, false);
  assertEquals(head("GET / HTTP/1.0", "Connection: keep-alive").keepAlive, true);
});

/** Requests that two readers could understand in two ways, or that are none. */
const REFUSED: [number, ...string[]][] = [
  [400, ""],
  [400, "GET / HTTP/2.0", "Host: a"],
  [400, "GET  / HTTP/1.1", "Host: a"],
  [400, "GET http://a/ HTTP/1.1", "Host: a"],
  [400, "GET /\x00 HTTP/1.1", "Host: a"],
  [400, "get / HTTP/1.1", "Host: a"],
  [400, "GET / HTTP/1.1"],
  [400, "GET / HTTP/1.1", "Host: a", "Host: b"],
  [400, "GET / HTTP/1.1", "Host: a/b"],
  [400, "GET / HTTP/1.1", "Host: user@a"],
  [400, "GET / HTTP/1.1", "Host: a", "X : y"],
  [400, "GET / HTTP/1.1", "Host: a", " folded"],
  [400, "GET / HTTP/1.1", "Host: a", "X: \x01"],
  [400, "GET / HTTP/1.1", "Host: a\nX: y"],
  [400, "POST / HTTP/1.1", "Host: a", "Content-Length: 1", "Content-Length: 2"],
  [400, "POST / HTTP/1.1", "Host: a", "Content-Length: +1"],
  [400, "POST / HTTP/1.1", "Host: a", "Content-Length: 0x1"],
  [400, "GET / HTTP/1.1", "Host: [1]:80"],
  [400, "GET / HTTP/1.1", "Host: a:99999"],
  [400, "GET / HTTP/1.1", "Host: a", `X: a${" ".repeat(16_000)}b`],
  [400, "GET / HTTP/1.1", "Host: a", `X: ${" ".repeat(16_000)}\x01`],
  [405, "TRACE / HTTP/1.1", "Host: a"],
  [413, "POST / HTTP/1.1", "Host: a", "Content-Length: 101"],
  [411, "POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Content-Length: 1"],
  [431, "GET / HTTP/1.1", "Host: a", ...Array.from({ length: 100 }, (_, i) => `x-${i}: y`)],
];

Deno.test("what is no plain request is refused with the status that says why", () => {
  for (const [status, ...lines] of REFUSED) {
    const error = assertThrows(() => head(...lines), BadRequest);
    assertEquals(error.status, status, JSON.stringify(lines));
  }
});
