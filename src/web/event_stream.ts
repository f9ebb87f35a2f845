import { delay, firstOf } from "../async/wait.ts";
import { noSeat, type SeatLimits, Seats } from "./seats.ts";

export interface EventStreamOptions<T> {
  /** Newer and newer states until the signal is aborted. */
  changes(signal: AbortSignal): AsyncIterable<T>;
  /** Ends all streams, so that the server can close. */
  signal: AbortSignal;
  /** Least milliseconds between two events of one client. Default 250. */
  pace?: number;
  /** Milliseconds without an event after which a heartbeat is sent. Default 15,000. */
  heartbeat?: number;
  /** Default 32 clients at once, 16 of one address. */
  seats?: SeatLimits;
}

/**
 * Server-sent events of a state that changes. A client gets the newest state at its own pace: what came while it was
 * slow is left out and never kept, so that neither slow clients nor fast changes cost memory.
 */
export class EventStreams<T> {
  readonly #options: Required<EventStreamOptions<T>>;
  readonly #seats: Seats;

  constructor(options: EventStreamOptions<T>) {
    this.#options = { pace: 250, heartbeat: 15_000, seats: { total: 32, perAddress: 16 }, ...options };
    this.#seats = new Seats(this.#options.seats);
  }

  get clients(): number {
    return this.#seats.taken;
  }

  /** A response with `event: status` for each state and `event: beat` between; 503 when there are too many clients. */
  respond(address = ""): Response {
    const leave = this.#options.signal.aborted ? undefined : this.#seats.take(address);
    if (leave === undefined) return noSeat();
    return new Response(this.#body(leave).pipeThrough(new TextEncoderStream()), {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        // Proxies would hold the events back.
        "x-accel-buffering": "no",
      },
    });
  }

  #body(leave: () => void): ReadableStream<string> {
    const gone = new AbortController();
    const either = firstOf(this.#options.signal, gone.signal);
    const texts = this.#texts(either.signal);
    let open = true;
    const end = () => {
      // Whoever cancels also ends the read that is under way.
      if (!open) return;
      open = false;
      either[Symbol.dispose]();
      leave();
    };
    return new ReadableStream<string>({
      // Called when the client has taken what it got: that is its pace.
      async pull(controller) {
        const { done, value } = await texts.next();
        if (!done) return controller.enqueue(value);
        if (open) controller.close();
        end();
      },
      async cancel() {
        gone.abort();
        await texts.return();
        end();
      },
    }, { highWaterMark: 0 });
  }

  async *#texts(signal: AbortSignal): AsyncGenerator<string, void> {
    const { changes, heartbeat, pace } = this.#options;
    const newest = new Newest(changes(signal));
    yield "retry: 2000\n\n";
    while (!signal.aborted) {
      const pause = new AbortController();
      using either = firstOf(signal, pause.signal);
      const beat = delay(heartbeat, either.signal).catch(() => {});
      const event = await Promise.race([newest.next(), beat.then(() => "beat" as const)]);
      pause.abort();
      if (signal.aborted || event === undefined) return;
      yield event === "beat"
        ? "event: beat\ndata:\n\n"
        : `event: status\ndata: ${JSON.stringify(newest.take())}\n\n`;
      await delay(pace, signal).catch(() => {});
    }
  }
}

/** Keeps only the newest of what a source yields. */
class Newest<T> {
  #value: { value: T } | undefined;
  #ended = false;
  #wake = () => {};

  constructor(source: AsyncIterable<T>) {
    this.#follow(source);
  }

  /** Resolves to `value` when there is one that was not taken, to undefined when no more will come. */
  async next(): Promise<"value" | undefined> {
    while (this.#value === undefined && !this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#value === undefined ? undefined : "value";
  }

  take(): T | undefined {
    const taken = this.#value?.value;
    this.#value = undefined;
    return taken;
  }

  async #follow(source: AsyncIterable<T>): Promise<void> {
    try {
      for await (const value of source) {
        this.#value = { value };
        this.#wake();
      }
    } catch {
      // The stream ends; the client asks again.
    }
    this.#ended = true;
    this.#wake();
  }
}
