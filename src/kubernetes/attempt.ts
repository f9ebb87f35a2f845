import { firstOf } from "../async/wait.ts";
import type { HttpClient } from "./http_client.ts";
import type { Authorization } from "./kubeconfig.ts";

/** An HTTP client and its credentials. */
export interface Session {
  client: HttpClient;
  authorization: Authorization;
  readAt: number;
  /** Aborted when its connection gave no answer: its streams wait for nothing then. */
  dead: AbortController;
}

/** What ends one request: its own signal, the connection's, and time. */
export class Attempt implements Disposable {
  /** The session that it was sent through, once it was. */
  session: Session | undefined;
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
