import { assert, assertEquals } from "@std/assert";
import {
  CLOSE_ANSWERS,
  closeAnswer,
  errorAnswer,
  PACES,
  refusalAnswer,
  STATUS_ANSWERS,
  statusAnswer,
} from "../../../src/finnhub/answers.ts";

Deno.test("every HTTP status has an answer, and all but a moment's trouble say what to do", () => {
  for (let status = 100; status < 600; status++) {
    const { pace, remedy } = statusAnswer(status);
    assert(PACES[pace] !== undefined, String(status));
    assert(pace === "soon" || remedy !== undefined, String(status));
    assertEquals(refusalAnswer(`NetworkError: Invalid status code: ${status}`), { ...statusAnswer(status) });
  }
  const slow = [301, 400, 401, 403, 404, 429, 503];
  assertEquals(slow.filter((status) => statusAnswer(status).pace === "soon"), []);
  assertEquals([500, 502, 504].map((status) => statusAnswer(status).pace), ["soon", "soon", "soon"]);
  for (const [status, answer] of STATUS_ANSWERS) assertEquals(statusAnswer(status), answer);
});

Deno.test("every close code has an answer, those of RFC 6455 by name", () => {
  const registered = [
    1000,
    1001,
    1002,
    1003,
    1005,
    1006,
    1007,
    1008,
    1009,
    1010,
    1011,
    1012,
    1013,
    1014,
    1015,
  ];
  assertEquals(registered.filter((code) => !CLOSE_ANSWERS.has(code)), []);
  for (let code = 0; code < 5000; code++) {
    const { pace, remedy } = closeAnswer(code);
    assert(pace === "soon" || remedy !== undefined, String(code));
  }
  const slow = [1008, 1013, 3000, 3003, 4000, 4001, 4999];
  assertEquals(slow.filter((code) => closeAnswer(code).pace === "soon"), []);
});

Deno.test("an error frame that refuses a subscription is told from others", () => {
  const about = (message: string) => errorAnswer(message).subscription;
  assert(about("Invalid symbol BINANCE:X") && about("Subscribing to too many symbols"));
  assert(!about("Invalid API key") && !about("Something"));
  assertEquals(errorAnswer("Invalid API key").remedy, "check FINNHUB_API_TOKEN");
});
