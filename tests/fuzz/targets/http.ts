/** What clients send to our servers, and servers answer to our clients. */
import type { BarKind } from "../../../src/market/bars.ts";
import { assertEquals } from "@std/assert";
import { searchSymbols, SymbolSearchError } from "../../../src/finnhub/symbols.ts";
import { encodeMessage, framedEncoder, MessageError, SCHEMA_TEXT } from "../../../src/market/message.ts";
import { RegisteredSchemas } from "../../../src/processing/registered_schemas.ts";
import { RegistryError, registryExchange } from "../../../src/registry/http.ts";
import { SchemaRefused, SchemaRegistry } from "../../../src/registry/schema_registry.ts";
import { Connection } from "../../../src/web/http/connection.ts";
import { HTTP_LIMITS } from "../../../src/web/http/server.ts";
import { silent } from "../../unit/processing/fakes.ts";
import { serving } from "../../unit/web/dashboard/fakes.ts";
import { type Fuzzer, must, orDocumented, textOf, texts } from "../fuzzer.ts";
import { TRADE } from "./market.ts";

const MAX_ANSWER = 1_048_576;
const signal = new AbortController().signal;

const HEAD = "Host: 127.0.0.1:8080\r\nAccept: */*\r\n";

/** Everything of a client at once, and what it is sent. */
class Bytes {
  text = "";
  closed = false;
  constructor(public left: Uint8Array) {}

  read(into: Uint8Array): Promise<number | null> {
    if (this.left.length === 0) return Promise.resolve(null);
    const part = this.left.subarray(0, into.length);
    into.set(part);
    this.left = this.left.subarray(part.length);
    return Promise.resolve(part.length);
  }

  write(bytes: Uint8Array): Promise<number> {
    this.text += new TextDecoder("latin1").decode(bytes);
    return Promise.resolve(bytes.length);
  }

  close(): void {
    this.closed = true;
  }
}

export const requests: Fuzzer = {
  name: "request",
  corpus: texts(
    `GET /api/symbols HTTP/1.1\r\n${HEAD}\r\n`,
    `POST /api/symbols?a=%20b HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{"symbol":"A"}GET / HTTP/1.0\r\n\r\n`,
    `HEAD / HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close\r\n\r\n`,
  ),
  words: [
    "GET",
    "TRACE",
    "CONNECT",
    "OPTIONS",
    "Transfer-Encoding: chunked\r\n",
    "Host: a:99999",
    "HTTP/1.1",
    "HTTP/1.0",
    "Content-Length: 5",
    "Connection",
    "\r\n\r\n",
  ],
  async check(input) {
    const wire = new Bytes(input);
    let asked = 0;
    const app = {
      fetch: async (request: Request) => {
        asked++;
        must(new URL(request.url).pathname.startsWith("/"), "a path begins with a slash");
        await request.text();
        return new Response("ok");
      },
    };
    await new Connection(wire, "192.0.2.1", app, HTTP_LIMITS).run();
    must(wire.closed, "a connection that has ended is closed");
    const statuses = [...wire.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
    assertEquals(statuses.filter((status) => status === 200).length, asked, "every request is answered");
    const head = new TextDecoder("latin1").decode(input.subarray(0, HTTP_LIMITS.headBytes));
    const answered = statuses.length > 0 || !head.includes("\r\n\r\n") || awaitsBody(head);
    must(answered, "whoever has sent the lines of a request is answered");
  },
};

/** Whether a request's first lines promise more than came. */
const awaitsBody = (head: string) => /^content-length:/im.test(head);

const questions = texts(
  "GET candles?symbol=A&interval=5s&from=1000&to=2000&limit=7",
  "GET candles?symbol=A&interval=1h&align=session&session=each",
  "GET bars?symbol=A&series=tick-5&from=1000&to=2000",
  "GET averages?symbol=A&limit=3",
  "GET trades?symbol=BINANCE%3ABTCUSDT&before=1700000000000",
  "GET stream?symbol=A&interval=1h",
  "GET search?q=apple",
  "GET symbols",
  'POST symbols {"symbol":"A"}',
);

export const queries: Fuzzer = {
  name: "query",
  corpus: questions,
  words: [
    "symbol",
    "interval",
    "from",
    "to",
    "limit",
    "before",
    "q",
    "&",
    "=",
    "candles",
    "1h",
    "5s",
    "%",
    "+",
  ],
  async check(input) {
    await using server = serving({ search: () => Promise.resolve([]), add: () => {} });
    const [, method, path, body] = /^(GET|POST) (\S*)(?: ([^]*))?$/.exec(textOf(input)) ?? [];
    if (method === undefined || !URL.canParse(`http://a/api/${path}`)) return;
    const response = await server.app.request(`/api/${path}`, {
      method,
      ...(method === "POST" ? { body: body ?? "", headers: { "content-type": "application/json" } } : {}),
    });
    must(
      [200, 201, 304, 400, 404].includes(response.status),
      `status ${response.status} is one of the API's`,
    );
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
      return await response.body!.cancel();
    }
    must((await response.text()).length < MAX_ANSWER, "an answer is bounded");
    for (const asked of server.reader.asked) {
      const symbol = asked[1];
      must(symbol === undefined || (symbol as string).length <= 64, "the store is asked for symbols alone");
      must(
        asked.slice(2).every((each) =>
          typeof each === "string" || Number.isSafeInteger(each) || (each as BarKind).name === "tick-5"
        ),
        "and for whole numbers, and bars that are kept",
      );
    }
  },
};

export const registryAnswers: Fuzzer = {
  name: "registry",
  corpus: texts(
    `200 ${JSON.stringify({ schema: SCHEMA_TEXT, id: 7, is_compatible: true })}`,
    `200 ${
      JSON.stringify({
        schema:
          '{"type":"record","name":"m","fields":[{"name":"data","type":{"type":"array","items":"string"}}]}',
      })
    }`,
    '404 {"error_code":40403,"message":"Schema not found"}',
    '409 {"error_code":409,"message":"incompatible"}',
    "503 <html>",
  ),
  words: [
    "schema",
    "schemaType",
    "references",
    "error_code",
    "200",
    "404",
    "422",
    "AVRO",
    "record",
    "fixed",
    "size",
    "map",
    "enum",
    "items",
    "double",
    "long",
    "null",
  ],
  async check(input) {
    const [, status, body] = /^(\d{3}) ([^]*)$/.exec(textOf(input)) ?? [];
    const code = Number(status);
    if (body === undefined || code < 200 || code > 599) return;
    const answer = () => new Response([204, 205, 304].includes(code) ? null : body, { status: code });
    const settings = {
      registryUrl: new URL("http://a/"),
      registryUser: "",
      registryPassword: "",
      registryCaFile: undefined,
    };
    const registry = new SchemaRegistry(registryExchange(settings, () => Promise.resolve(answer()))!);
    const schema = await orDocumented(() => registry.schema(7, signal), RegistryError, MessageError);
    await orDocumented(() => registry.register("market", signal), RegistryError, SchemaRefused);
    await orDocumented(() => registry.standing("market", signal), RegistryError);
    if (schema === undefined) return;
    const source = { schema: () => Promise.resolve(schema) };
    const decoder = new RegisteredSchemas({ source, log: silent, random: () => 0, clock: () => 0, signal });
    for (
      const value of [
        framedEncoder(7)([TRADE]),
        Uint8Array.from([0, 0, 0, 0, 7, ...encodeMessage([TRADE]).subarray(5)]),
      ]
    ) {
      const message = await orDocumented(
        () => decoder.decode({ offset: 0, timestamp: 0, value }),
        MessageError,
      );
      if (message !== undefined) must(Array.isArray(message.data), "a message has trades");
    }
  },
};

export const searches: Fuzzer = {
  name: "search",
  corpus: texts(
    '{"count":1,"result":[{"description":"APPLE INC","displaySymbol":"AAPL","symbol":"AAPL","type":"Common Stock"}]}',
    '{"count":0,"result":[]}',
    '{"error":"Invalid API key"}',
  ),
  words: ["result", "symbol", "displaySymbol", "description", "type", "count"],
  async check(input) {
    const matches = await orDocumented(() =>
      searchSymbols("apple", {
        restUrl: new URL("http://a/"),
        token: "secret-token",
        fetch: () => Promise.resolve(new Response(input.slice())),
        random: () => 0,
        signal,
      }), SymbolSearchError);
    for (const match of matches ?? []) {
      must(Object.values(match).every((value) => typeof value === "string"), "a match is of texts");
    }
  },
};
