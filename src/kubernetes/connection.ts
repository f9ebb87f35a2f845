import { readBounded } from "../finnhub/bounded_body.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Counter } from "../telemetry/metrics.ts";
import { firstOf } from "../async/wait.ts";
import { Attempt, type Session } from "./attempt.ts";
import { ClusterError } from "./cluster.ts";
import { refusal, timedOut, unreachable } from "./failure.ts";
import { chunks, type HttpClient, transport } from "./http_client.ts";
import type { Authorization } from "./kubeconfig.ts";

export type Verb = "get" | "list" | "watch" | "apply" | "create" | "update" | "delete" | "discover";

export interface ApiRequest {
  verb: Verb;
  /** Verb and object for messages, such as `apply Service pipeline/kafka`. */
  what: string;
  /** Below the server, such as `/api/v1/namespaces`. */
  path: string;
  query?: Record<string, string | undefined>;
  /** Media type of the answer; JSON when absent. */
  accept?: string;
  body?: unknown;
  signal?: AbortSignal | undefined;
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
  #session: Session | undefined;
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
    using either = firstOf(attempt.signal, attempt.session!.dead.signal);
    try {
      yield* chunks(body, either.signal);
    } catch (cause) {
      if (attempt.signal.aborted) throw attempt.signal.reason;
      this.#retire(attempt.session);
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
        this.#retire(attempt.session, { dead: true });
        throw timedOut(request.what, this.#server, timeout);
      }
      if (attempt.signal.aborted) {
        count("cancelled");
        // Whoever waits less long than we do, as for a lease, must not be left with a dead connection.
        if (!attempt.answered && now() - began > SUSPICIOUS) this.#retire(attempt.session, { dead: true });
        throw attempt.signal.reason;
      }
      const failure = error instanceof ClusterError ? error : unreachable(request.what, this.#server, error);
      count(failure.status === 0 ? "unreachable" : String(failure.status));
      if (failure.status === 0) this.#retire(attempt.session);
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
    const session = await this.#ready(fresh);
    const { client, authorization: { headers, server } } = session;
    attempt.session = session;
    const query = new URLSearchParams(
      Object.entries(request.query ?? {}).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
    const response = await client.fetch(`${server}${request.path}${query.size > 0 ? `?${query}` : ""}`, {
      method: METHODS[request.verb],
      headers: {
        ...headers,
        accept: request.accept ?? "application/json",
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
    const dead = same ? known.dead : new AbortController();
    this.#session = { client, authorization, readAt: now(), dead };
    this.#server = authorization.server;
    if (!same) known?.client.close();
  }

  /**
   * The next request opens new connections. What is under way goes on over the old ones, but for streams when those gave
   * no answer: they would be silent for ever.
   */
  #retire(session: Session | undefined, { dead = false } = {}): void {
    if (dead) session?.dead.abort();
    if (this.#session === undefined || this.#session.client !== session?.client) return;
    session.client.close();
    this.#session = undefined;
  }

  #warn(what: string, header: string | null): void {
    if (header === null || this.#warnings.has(header) || this.#warnings.size >= MAX_WARNINGS) return;
    this.#warnings.add(header);
    this.#options.log.warn("the API server warns", { request: what, warning: header.slice(0, 500) });
  }
}

function contentType(verb: Verb): string {
  return verb === "apply" ? "application/apply-patch+yaml" : "application/json";
}
