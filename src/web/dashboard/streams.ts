import { firstOf } from "../../async/wait.ts";
import { noSeat, type SeatLimits, Seats } from "../seats.ts";
import { TAPE_LENGTH } from "./live_symbol.ts";
import type { Board } from "./board.ts";
import type { PipelineNumbers } from "./pipeline_numbers.ts";
import type { ChosenUpdate, StreamEvents, WatchRow } from "./wire.ts";

export interface DashboardStreamsOptions {
  board: Board;
  /** What the pipeline panel shows. */
  numbers(): PipelineNumbers;
  /** Ends all streams, so that the server can close. */
  signal: AbortSignal;
  /** Least milliseconds between two updates of one client: while few look, and else. Default 40 and 100. */
  pace?: { few: number; many: number };
  /** Milliseconds between two pipeline panels, which also show that the connection lives. Default 1000. */
  beat?: number;
  /** Default 400 clients at once, 256 of one address. */
  seats?: SeatLimits;
}

/** Clients to whom updates go as fast as an eye can follow; more share what ten updates a second cost. */
const FEW = 16;

/** What a client gets of its symbol, and the number of the last trade in it. */
interface Chosen {
  text: string;
  seen: number;
}

const eventText = (name: keyof StreamEvents, data: string) => `event: ${name}\ndata: ${data}\n\n`;

/** A tick of parts that are JSON already. */
const tickText = ({ chosen, watch }: Record<keyof StreamEvents["tick"], string>) =>
  eventText("tick", `{"watch":${watch},"chosen":${chosen}}`);

/**
 * Server-sent events of the market. All clients are served in step, at their pace at most; what several of them get is made
 * once. A slow one gets fewer and larger steps, is told how many trades it missed, and costs no memory.
 */
export class DashboardStreams {
  readonly #options: Required<DashboardStreamsOptions>;
  readonly #watch = new Map<number, string>();
  readonly #chosen = new Map<string, Chosen>();
  readonly #waiting = new Set<() => void>();
  readonly #seats: Seats;
  #tick = 0;
  #turnedAt = -Infinity;
  #timer: number | undefined;

  constructor(options: DashboardStreamsOptions) {
    this.#options = {
      pace: { few: 40, many: 100 },
      beat: 1000,
      seats: { total: 400, perAddress: 256 },
      ...options,
    };
    this.#seats = new Seats(this.#options.seats);
    const forget = options.board.onChange(() => this.#changed());
    options.signal.addEventListener("abort", () => {
      forget();
      clearTimeout(this.#timer);
    }, { once: true });
  }

  get clients(): number {
    return this.#seats.taken;
  }

  /** A response with `event: tick` for changes and `event: pipeline` between; 503 when there are too many clients. */
  respond(symbol: string, interval: string, address = ""): Response {
    const leave = this.#options.signal.aborted ? undefined : this.#seats.take(address);
    if (leave === undefined) return noSeat();
    return new Response(this.#body(symbol, interval, leave).pipeThrough(new TextEncoderStream()), {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        // Proxies would hold the events back.
        "x-accel-buffering": "no",
      },
    });
  }

  #body(symbol: string, interval: string, leave: () => void): ReadableStream<string> {
    const gone = new AbortController();
    const either = firstOf(this.#options.signal, gone.signal);
    const watch = this.#options.board.watch(symbol, interval);
    const events = this.#events(symbol, interval, either.signal);
    let open = true;
    const end = () => {
      if (!open) return;
      open = false;
      either[Symbol.dispose]();
      watch[Symbol.dispose]();
      leave();
    };
    return new ReadableStream<string>({
      // Called when the client has taken what it got: that is its pace.
      async pull(controller) {
        const { done, value } = await events.next();
        if (!done) return controller.enqueue(value);
        if (open) controller.close();
        end();
      },
      async cancel() {
        gone.abort();
        await events.return();
        end();
      },
    }, { highWaterMark: 0 });
  }

  async *#events(symbol: string, interval: string, signal: AbortSignal): AsyncGenerator<string, void> {
    const { beat, board, numbers } = this.#options;
    // The first update has every symbol and the chosen one's last trades; what was before is the page's to ask for.
    let since = 0;
    let seen = Math.max(0, (board.symbols.get(symbol)?.seen ?? 0) - TAPE_LENGTH);
    let panelAt = -Infinity;
    yield "retry: 1000\n\n";
    while (!signal.aborted) {
      const panelIn = Math.max(0, panelAt + beat - performance.now());
      const turned = this.#tick > since || await this.#turn(panelIn, signal);
      if (signal.aborted) return;
      let text = "";
      if (turned) {
        const chosen = this.#chosenText(symbol, interval, seen);
        text = tickText({ watch: this.#watchText(since), chosen: chosen.text });
        since = this.#tick;
        seen = chosen.seen;
      }
      if (performance.now() - panelAt >= beat) {
        panelAt = performance.now();
        text += eventText("pipeline", JSON.stringify(numbers()));
      }
      if (text !== "") yield text;
    }
  }

  /** Something is new: the next turn is now, or at the pace after the last. */
  #changed(): void {
    if (this.#timer !== undefined || this.#seats.taken === 0) return;
    const { few, many } = this.#options.pace;
    const pace = this.#seats.taken > FEW ? many : few;
    const wait = Math.max(0, this.#turnedAt + pace - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#turnedAt = performance.now();
      this.#tick = this.#options.board.turn();
      this.#watch.clear();
      this.#chosen.clear();
      for (const wake of this.#waiting) wake();
    }, wait);
  }

  /** Resolves to true with the next turn, to false after `ms` milliseconds or when the signal is aborted. */
  #turn(ms: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (turned: boolean) => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", onAbort);
        clearTimeout(timer);
        resolve(turned);
      };
      const wake = () => done(true);
      const onAbort = () => done(false);
      const timer = setTimeout(() => done(false), ms);
      this.#waiting.add(wake);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  #watchText(since: number): string {
    let text = this.#watch.get(since);
    if (text !== undefined) return text;
    const { board } = this.#options;
    const second = board.second();
    const changed = [...board.symbols.values()].filter(({ changed, price }) => changed > since && price > 0);
    text = JSON.stringify(changed.map((state): WatchRow => state.row(second)));
    this.#watch.set(since, text);
    return text;
  }

  #chosenText(symbol: string, interval: string, since: number): Chosen {
    const key = `${interval} ${since} ${symbol}`;
    const known = this.#chosen.get(key);
    if (known) return known;
    const { board } = this.#options;
    const state = board.symbols.get(symbol);
    if (!state) return { text: "null", seen: since };
    const { missed, trades } = state.tradesSince(since);
    const update: ChosenUpdate = {
      symbol,
      interval,
      trades,
      missed,
      candles: state.windows.candles(interval),
      average: board.averages.get(symbol),
      gaps: board.gaps.get(symbol) ?? [],
    };
    const chosen = { text: JSON.stringify(update), seen: state.seen };
    this.#chosen.set(key, chosen);
    return chosen;
  }
}
