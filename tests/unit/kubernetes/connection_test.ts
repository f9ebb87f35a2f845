import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClusterError } from "../../../src/kubernetes/cluster.ts";
import { type ApiRequest, Connection } from "../../../src/kubernetes/connection.ts";
import { createLogger, errorText } from "../../../src/telemetry/log.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { aborted } from "../../../src/async/wait.ts";
import { FakeTime } from "../finnhub/fake_time.ts";

const GET: ApiRequest = { verb: "get", what: "get Pod a/b", path: "/api/v1/pods" };

type Answer = (init: RequestInit, url: string) => Promise<Response> | Response;

/** A connection whose every request is answered by `answer`. */
function setUp(answer: Answer, options: { maxBytes?: number } = {}) {
  const registry = new MetricRegistry();
  const requests = registry.counter("kubernetes_requests_total", "");
  const lines: string[] = [];
  const seen = { opened: 0, closed: 0, authorized: [] as boolean[], lines };
  let token = "token-1";
  let ca = "ca-1";
  let now = 0;
  const connection = new Connection({
    authorize: (fresh) => {
      seen.authorized.push(fresh);
      return Promise.resolve({
        server: "https://k8s",
        headers: { Authorization: `Bearer ${token}` },
        tls: { ca },
      });
    },
    openClient: () => {
      seen.opened++;
      return { fetch: async (url, init) => await answer(init, url), close: () => void seen.closed++ };
    },
    requests,
    log: createLogger({ level: "debug", format: "json", write: (line) => lines.push(line), now: () => 0 }),
    now: () => now,
    ...options,
  });
  return {
    connection,
    seen,
    count: (outcome: string) => requests.value({ verb: "get", outcome }),
    rotate: (changes: { token?: string; ca?: string }) => ({ token = token, ca = ca } = changes),
    later: (ms: number) => now += ms,
  };
}

/** Never answers, and heeds its signal as fetch does. */
const hang: Answer = async ({ signal }) => {
  await aborted(signal!);
  throw signal!.reason;
};

const bearer = (init: RequestInit) => new Headers(init.headers).get("authorization");

Deno.test("all requests use one client, also those that start together", async () => {
  const { connection, count, seen } = setUp(() => Response.json({ ok: true }));
  await Promise.all(Array.from({ length: 50 }, () => connection.json(GET)));
  assertEquals([seen.opened, seen.authorized.length, count("ok")], [1, 1, 50]);
});

Deno.test("a token that was replaced is read again when the old one is refused, and only then", async () => {
  const setup = setUp((init) =>
    bearer(init) === "Bearer token-2" ? Response.json({ ok: true }) : new Response("", { status: 401 })
  );
  setup.rotate({ token: "token-2" });
  await setup.connection.json(GET);
  setup.rotate({ token: "secret-3" });
  setup.later(31_000);
  const error = await assertRejects(() => setup.connection.json(GET), ClusterError);
  assertEquals([error.status, setup.seen.opened, setup.count("401")], [401, 1, 1]);
  assert(!errorText(error).includes("secret-3"));
});

Deno.test("a new certificate gets a new client within half a minute", async () => {
  const { connection, later, rotate, seen } = setUp(() => Response.json({}));
  await connection.json(GET);
  rotate({ ca: "ca-2" });
  await connection.json(GET);
  assertEquals([seen.opened, seen.closed], [1, 0]);
  later(31_000);
  await connection.json(GET);
  assertEquals([seen.opened, seen.closed], [2, 1]);
});

Deno.test("no answer in 30 s: the request fails, and the next uses new connections", async () => {
  using time = new FakeTime();
  const { connection, count, seen } = setUp(hang);
  const request = connection.json(GET);
  request.catch(() => {});
  await time.advance(29_000);
  assertEquals(seen.closed, 0);
  await time.advance(1_000);
  const error = await assertRejects(() => request, ClusterError, "https://k8s did not answer in 30 s");
  assertEquals([error.status, error.retriable, count("timeout"), seen.closed], [0, true, 1, 1]);
  const again = connection.json(GET);
  again.catch(() => {});
  await time.advance(0);
  assertEquals([seen.opened, time.pending], [2, 1]);
  connection.close();
  await assertRejects(() => again, ClusterError, "closed");
});

Deno.test("after a request without an answer the next one uses a new connection", async () => {
  const { connection, later, seen } = setUp(hang);
  for (const [waited, opened] of [[1_000, 1], [5_000, 1], [0, 2]] as const) {
    const controller = new AbortController();
    const request = connection.json({ ...GET, signal: controller.signal });
    request.catch(() => {});
    await Promise.resolve();
    later(waited);
    controller.abort(new Error("enough"));
    await assertRejects(() => request, Error, "enough");
    assertEquals(seen.opened, opened);
  }
});

Deno.test("a server that cannot be reached: retriable, with the cause and without the token", async () => {
  const { connection, count } = setUp(() => {
    throw new TypeError("connection refused");
  });
  const error = await assertRejects(() => connection.json(GET), ClusterError);
  assertEquals([error.status, error.reason, error.retriable, count("unreachable")], [
    0,
    "Unreachable",
    true,
    1,
  ]);
  const text = errorText(error);
  assert(text.includes("connection refused") && !text.includes("token-1"), text);
});

Deno.test("an answer that is too large or not JSON is refused", async () => {
  const large = setUp(() => Response.json("x".repeat(2000)), { maxBytes: 1000 });
  await assertRejects(() => large.connection.json(GET), ClusterError, "larger than 1000 bytes");
  const html = setUp(() => new Response("<html>"));
  await assertRejects(() => html.connection.json(GET), ClusterError, "not JSON");
});

Deno.test("a request that is cancelled rejects with its signal's reason", async () => {
  const { connection, count } = setUp(hang);
  const controller = new AbortController();
  const request = connection.json({ ...GET, signal: controller.signal });
  request.catch(() => {});
  controller.abort(new Error("enough"));
  await assertRejects(() => request, Error, "enough");
  assertEquals(count("cancelled"), 1);
});

Deno.test("a stream goes on beyond the time-out, ends with its signal, and says when it breaks off", async () => {
  using time = new FakeTime();
  let source!: ReadableStreamDefaultController<Uint8Array>;
  const { connection } = setUp(() =>
    new Response(new ReadableStream({ start: (controller) => void (source = controller) }))
  );
  const controller = new AbortController();
  const endless = connection.stream({ ...GET, signal: controller.signal });
  const first = endless.next();
  await time.advance(100_000);
  source.enqueue(new Uint8Array([1]));
  assertEquals((await first).value, new Uint8Array([1]));
  const waiting = endless.next();
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");

  const breaking = connection.stream(GET);
  const next = breaking.next();
  await time.settle();
  source.error(new TypeError("reset by peer"));
  await assertRejects(() => next, ClusterError, "no answer from https://k8s");
});

Deno.test("a warning of the server is logged once", async () => {
  const headers = { warning: '299 - "v1 Endpoints is deprecated"' };
  const { connection, seen } = setUp(() => Response.json({}, { headers }));
  await connection.json(GET);
  await connection.json(GET);
  assertEquals(seen.lines.filter((line) => line.includes("deprecated")).length, 1);
});
