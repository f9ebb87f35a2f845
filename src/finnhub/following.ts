import { type FeedSpan, otherBucket, spanBucket } from "../market/following/span.ts";

/** Time after a subscription in which the feed would have refused it, milliseconds: after it a quiet symbol counts as followed. */
export const SETTLED_MS = 10_000;
/** Most that trades count as being under way for, milliseconds: what is older is a recording. */
const MAX_LAG_MS = 60_000;

interface Followed {
  /** Since when it is followed; undefined while it is not, or that is not known. */
  since?: number | undefined;
  /** When it was asked for on this connection, while nothing was heard of it. */
  asked?: number | undefined;
  /** Its open gap. */
  gap?: { from: number; why: string } | undefined;
  /** Since when it was first followed. */
  first?: number;
}

/**
 * Keeps of each symbol since when the feed brings all its trades, and tells of each time over which it did or did not. A feed does
 * not confirm a subscription: a symbol is followed from its first trade on, or when it was not refused for a while. All times are
 * milliseconds by the producer's clock.
 */
export class Following {
  readonly #symbols = new Map<string, Followed>();
  readonly #tell: (spans: readonly FeedSpan[]) => void;
  #lastFrame = -Infinity;
  /** How long the last trades were under way. */
  #lag = 0;
  /** Symbols that are asked for and not followed yet. */
  #asked = 0;

  constructor(tell: (spans: readonly FeedSpan[]) => void) {
    this.#tell = tell;
  }

  /** Notes that a symbol is asked for. */
  asked(symbol: string, now: number): void {
    const state = this.#state(symbol);
    if (state.since !== undefined) return;
    if (state.asked === undefined) this.#asked++;
    state.asked = now;
  }

  /** Notes a frame of any kind: the connection lives. */
  frame(now: number): void {
    this.#lastFrame = now;
    this.settle(now);
  }

  /** Notes a trade of a symbol that came at a time. */
  traded(symbol: string, time: number, now: number): void {
    const under = now - time;
    this.#lag = Math.min(MAX_LAG_MS, Math.max(0, under));
    const state = this.#symbols.get(symbol);
    if (state === undefined || state.since !== undefined) return;
    // What was traded later than this comes later.
    this.#begin(symbol, state, under >= 0 && under <= MAX_LAG_MS ? time : now);
  }

  /** Milliseconds until a symbol counts as followed without a trade; undefined while none waits for that. */
  dueIn(now: number): number | undefined {
    if (this.#asked === 0) return undefined;
    let next = Infinity;
    for (const { asked = Infinity } of this.#symbols.values()) next = Math.min(next, asked);
    // What is due waits for a frame, which shows that somebody is there.
    return next + SETTLED_MS <= now ? undefined : next + SETTLED_MS - now;
  }

  /** Takes symbols as followed that were asked for long enough ago and not refused. */
  settle(now: number): void {
    if (this.#asked === 0) return;
    for (const [symbol, state] of this.#symbols) {
      const { asked } = state;
      if (asked === undefined || asked + SETTLED_MS > now || this.#lastFrame < asked) continue;
      this.#begin(symbol, state, asked + SETTLED_MS);
    }
  }

  /** Notes that the feed refuses a symbol. */
  refused(symbol: string, now: number): void {
    const state = this.#state(symbol);
    this.#forgetAsked(state);
    this.#lose(symbol, state, now, "refused");
  }

  /** Notes that the connection is gone: what came after its last frame is lost. */
  lost(why: "lost" | "stopped"): void {
    for (const [symbol, state] of this.#symbols) {
      this.#forgetAsked(state);
      this.#lose(symbol, state, this.#lastFrame - this.#lag, why);
    }
  }

  /** Notes when an earlier producer was last heard of; symbols that are followed since then have a gap from there on. */
  goesOnFrom(last: number): void {
    for (const [symbol, state] of this.#symbols) {
      const { first, gap } = state;
      if (first !== undefined) {
        if (first > last) this.#tell([{ kind: "gap", symbol, from: last, to: first, why: "restart" }]);
      } else if (gap === undefined) {
        state.gap = { from: last, why: "restart" };
        this.#tell([{ kind: "gap", symbol, ...state.gap }]);
      }
    }
  }

  /** Symbols that are to be followed: they are those that {@linkcode goesOnFrom} is about. */
  expect(symbols: Iterable<string>): void {
    for (const symbol of symbols) this.#state(symbol);
  }

  /** Tells of every symbol that is still followed. */
  mark(): void {
    for (const [symbol, state] of this.#symbols) {
      if (state.since === undefined) continue;
      this.#tell(this.#followed(symbol, state, Math.max(state.since, this.#lastFrame - this.#lag)));
    }
  }

  #begin(symbol: string, state: Followed, at: number): void {
    this.#forgetAsked(state);
    const { gap } = state;
    const since = state.since = Math.max(at, gap?.from ?? at);
    state.first ??= since;
    state.gap = undefined;
    const closed = gap === undefined || since === gap.from
      ? []
      : [{ kind: "gap", symbol, from: gap.from, to: since, why: gap.why } as const];
    this.#tell([...closed, { kind: "followed", symbol, from: since, to: since, why: "" }]);
  }

  #lose(symbol: string, state: Followed, at: number, why: string): void {
    if (state.since === undefined) return;
    const from = Math.max(state.since, at);
    const followed = this.#followed(symbol, state, from);
    state.since = undefined;
    state.gap = { from, why };
    this.#tell([...followed, { kind: "gap", symbol, from, why }]);
  }

  /** What was followed up to a time, parted where a month begins: it is stored by months. */
  #followed(symbol: string, state: Followed, to: number): FeedSpan[] {
    const spans: FeedSpan[] = [];
    for (let from = state.since!;; from = state.since) {
      const next = otherBucket(spanBucket(from), 1);
      const end = Math.min(to, next);
      spans.push({ kind: "followed", symbol, from, to: end, why: "" });
      if (to <= next) return spans;
      state.since = next;
    }
  }

  #forgetAsked(state: Followed): void {
    if (state.asked !== undefined) this.#asked--;
    state.asked = undefined;
  }

  #state(symbol: string): Followed {
    let state = this.#symbols.get(symbol);
    if (state === undefined) this.#symbols.set(symbol, state = {});
    return state;
  }
}
