import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type App, Connection, type ConnectionLimits } from "../../../../src/web/http/connection.ts";
import { HTTP_LIMITS } from "../../../../src/web/http/server.ts";

/** A connection of which the test is the client. */
class Client {
  text = "";
  closed = false;
  /** Set while the client takes nothing. */
  stuck: Promise<void> | undefined;
  #waiting: Uint8Array[] = [];
  #wake = Promise.withResolvers<void>();
  readonly connection: Connection;
  readonly served: Promise<void>;

  constructor(app: App["fetch"], limits: Partial<ConnectionLimits> = {}) {
    this.connection = new Connection(this, "192.0.2.1", { fetch: app }, { ...HTTP_LIMITS, ...limits });
    this.served = this.connection.run();
  }

  send(...lines: string[]): void {
    this.#waiting.push(new TextEncoder().encode(lines.join("\r\n")));
    this.#wake.resolve();
  }

  get(path: string, ...headers: string[]): void {
    this.send(`GET ${path} HTTP/1.1`, "Host: a", ...headers, "", "");
  }

  /** Ends what the client sends. */
  leave(): void {
    this.closed = true;
    this.#wake.resolve();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#waiting.length === 0 && !this.closed) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
    const [next] = this.#waiting;
    if (next === undefined) return null;
    const part = next.subarray(0, Math.min(into.length, next.length));
    into.set(part);
    if (part.length === next.length) this.#waiting.shift();
    else this.#waiting[0] = next.subarray(part.length);
    return part.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.stuck;
    if (this.closed) throw new Deno.errors.BrokenPipe();
    this.text += new TextDecoder().decode(bytes);
    return bytes.length;
  }

  close(): void {
    this.leave();
  }
}

const echo: App["fetch"] = async (request, { remoteAddress }) =>
  new Response(`${request.method} ${new URL(request.url).pathname} ${remoteAddress} ${await request.text()}`);

Deno.test("requests of one connection are answered in turn, also when they come at once or byte by byte", async () => {
  const client = new Client(echo);
  client.send("GET /a HTTP/1.1", "Host: x", "", "GET /b HTTP/1.1", "Host: x", "", "");
  for (const byte of "POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi") {
    client.send(byte);
  }
  await client.served;
  const answers = client.text.split("HTTP/1.1 200 -").slice(1);
  assertEquals(answers.length, 3);
  for (const [i, text] of ["GET /a 192.0.2.1 ", "GET /b 192.0.2.1 ", "POST /c 192.0.2.1 hi"].entries()) {
    assertStringIncludes(answers[i]!, text);
  }
  assertStringIncludes(answers[2]!, "connection: close");
});

Deno.test("a response of unknown length is chunked; one to HEAD has no body, and its stream is cancelled", async () => {
  let cancelled = 0;
  const endless: App["fetch"] = () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new TextEncoder().encode("tick ")),
        cancel: () => void cancelled++,
      }),
    );
  const head = new Client(endless);
  head.send("HEAD / HTTP/1.1", "Host: a", "Connection: close", "", "");
  await head.served;
  assert(head.text.endsWith("\r\n\r\n"), head.text);
  assertEquals(cancelled, 1);

  const short = new Client(() => new Response(new Blob(["abc"]).stream()));
  short.get("/", "Connection: close");
  await short.served;
  assertStringIncludes(
    short.text,
    "transfer-encoding: chunked\r\nconnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  );
});

Deno.test("a client that leaves ends the stream that it follows, and the request's signal", async () => {
  const cancelled = Promise.withResolvers<void>();
  let signal: AbortSignal | undefined;
  const client = new Client((request) => {
    signal = request.signal;
    // Nothing is ever sent: only the client's end tells.
    return new Response(new ReadableStream({ cancel: () => cancelled.resolve() }));
  });
  client.get("/");
  await Promise.resolve();
  client.leave();
  await cancelled.promise;
  await client.served;
  assert(signal!.aborted);
});

Deno.test("half a request, silence and a client that takes nothing have their time, and no more", async () => {
  for (
    const half of [[], ["GET / HT"], ["GET / HTTP/1.1", "Host: a", ""], [
      "POST / HTTP/1.1",
      "Host: a",
      "Content-Length: 9",
      "",
      "x",
    ]]
  ) {
    const client = new Client(echo, { requestMs: 20 });
    if (half.length > 0) client.send(...half);
    await client.served;
    assert(client.closed);
  }
  const idle = new Client(echo, { idleMs: 20 });
  idle.get("/");
  await idle.served;
  assertStringIncludes(idle.text, "200 -");
  const stuck = new Client(echo, { writeMs: 20 });
  const never = Promise.withResolvers<void>();
  stuck.stuck = never.promise;
  stuck.get("/");
  while (!stuck.closed) await new Promise((resolve) => setTimeout(resolve, 5));
  never.resolve();
  await stuck.served;
});

Deno.test("what is too large or no request is refused, and the connection closed", async () => {
  for (
    const [status, lines] of [
      [431, [`GET /${"a".repeat(20_000)} HTTP/1.1`]],
      [413, ["POST / HTTP/1.1", "Host: a", "Content-Length: 70000", "", ""]],
      [400, ["hello", "", ""]],
    ] as [number, string[]][]
  ) {
    const client = new Client(echo);
    client.send(...lines);
    await client.served;
    assertStringIncludes(client.text, `HTTP/1.1 ${status} -`);
  }
});

Deno.test("a server that stops answers what is under way, and closes what is idle", async () => {
  const answer = Promise.withResolvers<Response>();
  const busy = new Client(() => answer.promise);
  busy.get("/");
  await new Promise((resolve) => setTimeout(resolve, 0));
  busy.connection.close();
  answer.resolve(new Response("done"));
  await busy.served;
  assertStringIncludes(busy.text, "done");
  const idle = new Client(echo);
  idle.connection.close();
  await idle.served;
  assertEquals(idle.text, "");
});
