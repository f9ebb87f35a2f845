import { readBounded } from "../finnhub/bounded_body.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Counter } from "../telemetry/metrics.ts";
import { firstOf } from "../wait.ts";
import { ClusterError } from "./cluster.ts";
import { refusal, timedOut, unreachable } from "./failure.ts";
import type { Authorization } from "./kubeconfig.ts";

export type Verb = "get" | "list" | "watch" | "apply" | "create" | "update" | "delete" | "discover";

export interface ApiRequest {
  verb: Verb;
  /** Verb and object for messages, such as `apply Service pipeline/kafka`. */
  what: string;
  /** Below the server, such as `/api/v1/namespaces`. */
  path: string;
  query?: Record<string, string | undefined>;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** Sends requests over connections that it keeps; see {@linkcode denoClient}. */
export interface HttpClient {
  fetch(url: string, init: RequestInit): Promise<Response>;
  close(): void;
}

export interface ConnectionOptions {
  /** What is valid now; with `fresh` everything is read again. */
  authorize(fresh: boolean): Promise<Authorization>;
  openClient(authorization: Authorization): HttpClient;
  /** Labels: verb and outcome. */
  requests: Counter;
  log: Logger;
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds for a whole answer, or for the first bytes of a watch. Default 30,000. */
  timeout?: number;
  /** Largest answer in bytes. Default 32 MiB. */
  maxBytes?: number;
}

const METHODS: Record<Verb, string> = {
  get: "GET",
  list: "GET",
  watch: "GET",
  discover: "GET",
  apply: "PATCH",
  create: "POST",
  update: "PUT",
  delete: "DELETE",
};

/** Milliseconds for which headers and certificates are used before the files that they come from are looked at. */
const AUTHORIZATION_AGE = 30_000;

/** Milliseconds without the beginning of an answer after which a connection is not used again. */
const SUSPICIOUS = 2_000;

/** Different warnings of the server that are remembered, so that each is logged once. */
const MAX_WARNINGS = 200;

/**
 * Requests to one API server. All go through one HTTP client, which keeps its connections; it is replaced when the
 * certificates change, and when an answer does not come: a connection that is dead without a word is not used again.
 */
export class Connection {
  readonly #options: Required<ConnectionOptions>;
  readonly #closed = new AbortController();
  readonly #warnings = new Set<string>();
  #session: { client: HttpClient; authorization: Authorization; readAt: number } | undefined;
  #opening: Promise<void> | undefined;
  #server = "the API server";

  constructor(options: ConnectionOptions) {
    this.#options = { timeout: 30_000, maxBytes: 32 * 1024 * 1024, ...options };
  }

  /** URL of the API server, once it is known. */
  get server(): string {
    return this.#server;
  }

  /**
   * Sends a request and reads its answer as JSON.
   *
   * @throws {ClusterError} for every answer but success.
   */
  async json(request: ApiRequest): Promise<unknown> {
    using attempt = this.#attempt(request);
    return await this.#counted(request, attempt, async () => {
      const response = await this.#send(request, attempt);
      const body = await this.#body(request, response, attempt);
      if (!response.ok) throw this.#refusal(request, response, body);
      return body;
    });
  }

  /**
   * The chunks of an answer without an end. The time-out is for its start only; the request's signal ends it.
   *
   * @throws {ClusterError} for every answer but success, and when it breaks off.
   */
  async *stream(request: ApiRequest): AsyncGenerator<Uint8Array> {
    using attempt = this.#attempt(request);
    const body = await this.#counted(request, attempt, async () => {
      const response = await this.#send(request, attempt);
      if (response.ok && response.body) return response.body;
      throw this.#refusal(request, response, await this.#body(request, response, attempt));
    });
    attempt.started();
    try {
      yield* chunks(body, attempt.signal);
    } catch (cause) {
      if (attempt.signal.aborted) throw attempt.signal.reason;
      this.#retire(attempt.client);
      throw unreachable(request.what, this.#server, cause);
    }
  }

  /** Ends what is under way and closes the connections. */
  close(): void {
    this.#closed.abort(new ClusterError("the connection was closed", { status: 0, reason: "Closed" }));
    this.#session?.client.close();
    this.#session = undefined;
  }

  #attempt({ signal }: ApiRequest): Attempt {
    return new Attempt(this.#options.timeout, signal ? [this.#closed.signal, signal] : [this.#closed.signal]);
  }

  async #counted<T>(request: ApiRequest, attempt: Attempt, run: () => Promise<T>): Promise<T> {
    const { now, requests, timeout } = this.#options;
    const began = now();
    const count = (outcome: string) => requests.add(1, { verb: request.verb, outcome });
    try {
      const result = await run();
      count("ok");
      return result;
    } catch (error) {
      if (attempt.late) {
        count("timeout");
        this.#retire(attempt.client);
        throw timedOut(request.what, this.#server, timeout);
      }
      if (attempt.signal.aborted) {
        count("cancelled");
        // Whoever waits less long than we do, as for a lease, must not be left with a dead connection.
        if (!attempt.answered && now() - began > SUSPICIOUS) this.#retire(attempt.client);
        throw attempt.signal.reason;
      }
      const failure = error instanceof ClusterError ? error : unreachable(request.what, this.#server, error);
      count(failure.status === 0 ? "unreachable" : String(failure.status));
      if (failure.status === 0) this.#retire(attempt.client);
      throw failure;
    }
  }

  async #send(request: ApiRequest, attempt: Attempt): Promise<Response> {
    const response = await this.#sendOnce(request, attempt, false);
    if (response.status !== 401) return response;
    // The token may have been replaced since it was read.
    await response.body?.cancel();
    return await this.#sendOnce(request, attempt, true);
  }

  async #sendOnce(request: ApiRequest, attempt: Attempt, fresh: boolean): Promise<Response> {
    const { client, authorization: { headers, server } } = await this.#ready(fresh);
    attempt.client = client;
    const query = new URLSearchParams(
      Object.entries(request.query ?? {}).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
    const response = await client.fetch(`${server}${request.path}${query.size > 0 ? `?${query}` : ""}`, {
      method: METHODS[request.verb],
      headers: {
        ...headers,
        accept: "application/json",
        "user-agent": "finnhub-pipe",
        ...(request.body === undefined ? {} : { "content-type": contentType(request.verb) }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      redirect: "manual",
      signal: attempt.signal,
    });
    attempt.answered = true;
    this.#warn(request.what, response.headers.get("warning"));
    return response;
  }

  #refusal({ what }: ApiRequest, response: Response, body: unknown): ClusterError {
    return refusal(what, response.status, body, response.headers.get("retry-after") ?? undefined);
  }

  async #body(request: ApiRequest, response: Response, { signal }: Attempt): Promise<unknown> {
    const { maxBytes } = this.#options;
    let text: string;
    try {
      text = await readBounded({ body: response.body && chunks(response.body, signal) }, maxBytes);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      const message = `cannot ${request.what}: the answer is larger than ${maxBytes} bytes`;
      throw new ClusterError(message, { status: 413, reason: "AnswerTooLarge" });
    }
    try {
      return JSON.parse(text);
    } catch {
      if (!response.ok) return undefined;
      const message = `cannot ${request.what}: ${this.server} answers with something that is not JSON`;
      throw new ClusterError(message, { status: 502, reason: "NotJson" });
    }
  }

  async #ready(fresh: boolean) {
    const age = this.#session === undefined ? Infinity : this.#options.now() - this.#session.readAt;
    if (fresh || age > AUTHORIZATION_AGE) {
      // Requests that come at once share one look, so that there is one client and not one for each.
      this.#opening ??= this.#open(fresh).finally(() => this.#opening = undefined);
      await this.#opening;
    }
    this.#closed.signal.throwIfAborted();
    return this.#session!;
  }

  async #open(fresh: boolean): Promise<void> {
    const { authorize, now, openClient } = this.#options;
    const authorization = await authorize(fresh);
    const known = this.#session;
    const same = known !== undefined && transport(known.authorization) === transport(authorization);
    const client = same ? known.client : openClient(authorization);
    this.#session = { client, authorization, readAt: now() };
    this.#server = authorization.server;
    if (!same) known?.client.close();
  }

  /** What is under way goes on over the old connections; the next request opens new ones. */
  #retire(client: HttpClient | undefined): void {
    if (this.#session === undefined || this.#session.client !== client) return;
    client.close();
    this.#session = undefined;
  }

  #warn(what: string, header: string | null): void {
    if (header === null || this.#warnings.has(header) || this.#warnings.size >= MAX_WARNINGS) return;
    this.#warnings.add(header);
    this.#options.log.warn("the API server warns", { request: what, warning: header.slice(0, 500) });
  }
}

/**
 * The chunks of a body until the signal is aborted. The signal that was given to `fetch` is not enough: Deno 2.6 may
 * collect what ties it to the body as garbage once the answer has begun.
 */
async function* chunks(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    signal.throwIfAborted();
    while (true) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

/** What ends one request: its own signal, the connection's, and time. */
class Attempt implements Disposable {
  /** Through which it went, once it was sent. */
  client: HttpClient | undefined;
  /** Whether its answer has begun. */
  answered = false;
  readonly #late = new AbortController();
  readonly #either: { signal: AbortSignal } & Disposable;
  readonly #timer: number;

  constructor(ms: number, signals: AbortSignal[]) {
    this.#either = firstOf(this.#late.signal, ...signals);
    this.#timer = setTimeout(() => this.#late.abort(), ms);
  }

  get signal(): AbortSignal {
    return this.#either.signal;
  }

  get late(): boolean {
    return this.#late.signal.aborted;
  }

  /** The answer has begun: time does not end it any more. */
  started(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#either[Symbol.dispose]();
  }
}

function contentType(verb: Verb): string {
  return verb === "apply" ? "application/apply-patch+yaml" : "application/json";
}

/** What a client was opened with, for comparison. */
function transport({ proxyUrl, server, tls }: Authorization): string {
  return JSON.stringify([server, tls, proxyUrl]);
}

/** An HTTP/2 client of Deno's own: all requests and watches share one connection. Node's opens one for each. */
export function denoClient({ proxyUrl, tls: { ca, cert, key } }: Authorization): HttpClient {
  const client = Deno.createHttpClient({
    ...(ca === undefined ? {} : { caCerts: [ca] }),
    ...(proxyUrl === undefined ? {} : { proxy: { url: proxyUrl } }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  });
  return { fetch: (url, init) => fetch(url, { ...init, client }), close: () => client.close() };
}
