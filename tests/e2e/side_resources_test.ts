import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { freePorts } from "../services/ports.ts";
import { until } from "../services/until.ts";
import { binary } from "./role.ts";

/** Roles that need no server, and the flag by which each is told where to listen. */
const ROLES = { local: "--listen", simulator: "--http-listen", producer: "--http-listen" };

/** A role under limits that a shell sets; what it writes to standard error goes to `log`. */
class Limited implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  ended: number | undefined;

  constructor(role: keyof typeof ROLES, readonly port: number, shell: string, log = "/dev/null") {
    const more = role === "simulator" ? `--listen 127.0.0.1:0` : "";
    const command = `${shell}; exec ${binary()} ${role} ${ROLES[role]} 127.0.0.1:${port} ${more} 2>${log}`;
    this.#child = new Deno.Command("bash", {
      args: ["-c", command],
      env: { FINNHUB_API_TOKEN: "", ...(role === "producer" ? PRODUCER : {}) },
      stdin: "null",
      stdout: "null",
    }).spawn();
    this.#child.status.then(({ code }) => this.ended = code);
  }

  async healthy(): Promise<void> {
    await until("/healthz", async () => {
      if (this.ended !== undefined) throw new Error(`it ended with ${this.ended}`);
      const ask = fetch(`http://127.0.0.1:${this.port}/healthz`, { signal: AbortSignal.timeout(1000) });
      return await ask.then(async (answer) => (await answer.text()) === "ok\n" || answer.status, String)
        .then((text) => text === true || String(text));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended === undefined) this.#child.kill("SIGTERM");
    await this.#child.status;
  }
}

/** A producer without its feed and without Kafka: it tries on. */
const PRODUCER = {
  FINNHUB_API_TOKEN: "case-token",
  FINNHUB_WS_URL: "ws://127.0.0.1:9",
  KAFKA_SERVER: "127.0.0.1:9",
};

integrationTest(
  "more idle connections than a process may open stop no role, and it answers again when they are gone",
  async () => {
    for (const role of Object.keys(ROLES) as (keyof typeof ROLES)[]) {
      const [port] = freePorts(1);
      await using running = new Limited(role, port!, "ulimit -Sn 200");
      await running.healthy();
      const idle: Deno.Conn[] = [];
      for (let i = 0; i < 400; i++) {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port: port! }).catch(() => undefined);
        if (connection) idle.push(connection);
      }
      assert(idle.length > 200);
      for (const connection of idle) connection.close();
      await running.healthy();
      assertEquals(running.ended, undefined, role);
    }
  },
);

integrationTest("a standard error that takes nothing stops no role", async () => {
  for (const role of Object.keys(ROLES) as (keyof typeof ROLES)[]) {
    const [port] = freePorts(1);
    await using running = new Limited(role, port!, "true", "/dev/full");
    await running.healthy();
    await until("dropped lines to be counted", async () => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(/^finnhub_pipe_log_lines_dropped (\d+)$/m.exec(text)?.[1]) > 0 || "none is";
    });
    assertEquals(running.ended, undefined, role);
  }
});

integrationTest("HEAD requests and half requests leave the page's streams to others", async () => {
  const [port] = freePorts(1);
  await using running = new Limited("local", port!, "true");
  await running.healthy();
  const stream = `http://127.0.0.1:${port}/api/stream?symbol=AAPL&interval=5s`;
  for (let i = 0; i < 300; i++) await (await fetch(stream, { method: "HEAD" })).body?.cancel();
  const half: Deno.Conn[] = [];
  for (let i = 0; i < 100; i++) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: port! });
    await connection.write(
      new TextEncoder().encode("GET /api/stream?symbol=AAPL&interval=5s HTTP/1.1\r\nHost: a\r\n"),
    );
    half.push(connection);
  }
  const open = await fetch(stream);
  assertEquals(open.status, 200);
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assertStringIncludes(metrics, "\nfinnhub_pipe_dashboard_pages 1\n");
  await open.body!.cancel();
  // The server's bound of ten seconds for a whole request.
  const ends = await Promise.all(half.map((connection) => connection.read(new Uint8Array(10))));
  assert(ends.every((end) => end === null));
  for (const connection of half) connection.close();
});
