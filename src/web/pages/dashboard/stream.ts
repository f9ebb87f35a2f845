import type { StreamEvents } from "../../dashboard/wire.ts";

/** Milliseconds without an event after which the connection counts as lost: one comes every second. */
const SILENCE = 6_000;
/** Milliseconds before another attempt when the browser has given up. */
const RETRY = 2_000;
/** Milliseconds between two turns of a page that holds no stream. */
const TURN = 1_000;

/** What hears a stream of updates. */
export interface StreamListener {
  /** What the stream is asked for. */
  query(): Record<string, string>;
  /** It opened, for the first time or again: what is shown may have a gap. */
  opened(): void;
  linked(): void;
  unlinked(): void;
  tick(event: StreamEvents["tick"]): void;
  pipeline(event: StreamEvents["pipeline"]): void;
}

/**
 * The connection that brings updates. It is opened anew whenever it is lost. A page that may not `hold` it opens it
 * again and again, for one event of each kind, and only while the page is seen.
 */
export class UpdateStream {
  #source: EventSource | undefined;
  /** When it was last heard, milliseconds since the epoch. */
  #heard = 0;

  constructor(private readonly listener: StreamListener, readonly holds: boolean) {
    setInterval(() => {
      if (this.#source === undefined || Date.now() - this.#heard < (holds ? SILENCE : 4 * SILENCE)) return;
      listener.unlinked();
      this.connect();
    }, RETRY);
    document.addEventListener("visibilitychange", () => {
      if (holds) return;
      if (!document.hidden && this.#source === undefined) this.connect();
      if (!document.hidden) return;
      this.#source?.close();
      this.#source = undefined;
    });
  }

  get isWanted(): boolean {
    return this.#source !== undefined;
  }

  /** Opens the stream for what is asked for now, in place of what was open. */
  connect(): void {
    this.#source?.close();
    const source = this.#source = new EventSource(`api/stream?${new URLSearchParams(this.listener.query())}`);
    this.#heard = Date.now();
    const again = (after: number) => setTimeout(() => source === this.#source && this.connect(), after);
    const missing = new Set<keyof StreamEvents>(["tick", "pipeline"]);
    const listen = <N extends keyof StreamEvents>(name: N, handle: (event: StreamEvents[N]) => void) =>
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        if (source !== this.#source) return;
        this.#heard = Date.now();
        this.listener.linked();
        handle(JSON.parse(data));
        missing.delete(name);
        if (this.holds || missing.size > 0 || source !== this.#source) return;
        // Gives the connection to the next page.
        source.close();
        again(TURN);
      });
    listen("tick", (event) => this.listener.tick(event));
    listen("pipeline", (event) => this.listener.pipeline(event));
    source.addEventListener("open", () => {
      if (source === this.#source) this.listener.opened();
    });
    source.addEventListener("error", () => {
      if (source !== this.#source) return;
      this.listener.unlinked();
      if (source.readyState === EventSource.CLOSED) again(RETRY);
    });
  }
}
