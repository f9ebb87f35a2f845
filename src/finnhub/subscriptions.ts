import { backoff } from "../async/wait.ts";

/** Bounds of the waits before a refused symbol is asked for again, milliseconds. */
const AGAIN = { base: 40_000, cap: 300_000 };
/** Time after a subscription in which the feed would have refused it, milliseconds. */
const SETTLED_MS = 10_000;
/** Longest reason that is kept, in characters. */
const MAX_REASON = 200;

interface Refusal {
  /** Tries that were refused, the first one excluded. */
  attempt: number;
  /** When to ask again; while it is asked for, when it counts as taken. Milliseconds. */
  dueAt: number;
  /** Whether it was asked for again and no answer has come. */
  asked: boolean;
}

export interface SubscriptionsOptions {
  symbols: readonly string[];
  random: () => number;
  /** Milliseconds. */
  now: () => number;
}

/**
 * What is known of each symbol, whatever becomes of connections: a feed answers a subscription only to refuse it, and may take
 * the same symbol a minute later.
 */
export class Subscriptions {
  readonly #symbols: Set<string>;
  readonly #refusals = new Map<string, Refusal>();
  readonly #reasons = new Map<string, string>();
  /** Asked for on this connection, in order, without a trade or a refusal so far. */
  readonly #quiet = new Set<string>();

  constructor(readonly options: SubscriptionsOptions) {
    this.#symbols = new Set(options.symbols);
  }

  get symbols(): ReadonlySet<string> {
    return this.#symbols;
  }

  /** Symbols that the feed does not take at present, and what it said. */
  get refused(): ReadonlyMap<string, string> {
    return this.#reasons;
  }

  add(symbol: string): void {
    this.#symbols.add(symbol);
  }

  /** Begins a connection: nothing is asked for on it so far. */
  begin(): void {
    this.#quiet.clear();
  }

  /** Notes that a symbol is asked for. */
  asked(symbol: string): void {
    this.#quiet.delete(symbol);
    this.#quiet.add(symbol);
    const refusal = this.#refusals.get(symbol);
    if (refusal === undefined) return;
    refusal.asked = true;
    refusal.dueAt = this.options.now() + SETTLED_MS;
  }

  /**
   * Notes an error that refuses a symbol: the one that it names, or the last that was asked for where it names none, as
   * "too many symbols" does: the feed answers in order, and those beyond its limit are the last.
   *
   * @returns the symbol; undefined when it is none of ours.
   */
  refuse(message: string): string | undefined {
    const symbol = this.#named(message) ?? (/invalid symbol\W*\S/i.test(message) ? undefined : this.#last());
    if (symbol === undefined) return undefined;
    this.#quiet.delete(symbol);
    this.#reasons.set(symbol, message.slice(0, MAX_REASON));
    const known = this.#refusals.get(symbol);
    // Said twice of one subscription, it is one refusal.
    if (known !== undefined && !known.asked) return symbol;
    const attempt = known === undefined ? 0 : known.attempt + 1;
    const dueAt = this.options.now() + backoff(attempt, { ...AGAIN, random: this.options.random });
    this.#refusals.set(symbol, { attempt, dueAt, asked: false });
    return symbol;
  }

  /** Notes a trade: its symbol is taken, whatever was said of it. Whether it was refused before. */
  traded(symbol: string): boolean {
    this.#quiet.delete(symbol);
    return this.#refusals.size > 0 && this.#take(symbol);
  }

  /** Symbols to ask for again now, and those that count as taken because nothing was said against them. */
  due(): { again: string[]; taken: string[] } {
    const now = this.options.now();
    const again: string[] = [];
    const taken: string[] = [];
    for (const [symbol, { asked, dueAt }] of this.#refusals) {
      if (dueAt <= now) (asked ? taken : again).push(symbol);
    }
    for (const symbol of taken) this.#take(symbol);
    return { again, taken };
  }

  /** Milliseconds until something is due; undefined while nothing is refused. */
  dueIn(): number | undefined {
    if (this.#refusals.size === 0) return undefined;
    let next = Infinity;
    for (const { dueAt } of this.#refusals.values()) next = Math.min(next, dueAt);
    return Math.max(0, next - this.options.now());
  }

  #take(symbol: string): boolean {
    this.#reasons.delete(symbol);
    return this.#refusals.delete(symbol);
  }

  /** The symbol of ours that a message names; the longest where one is part of another. */
  #named(message: string): string | undefined {
    let found: string | undefined;
    for (const symbol of this.#symbols) {
      if (symbol.length > (found?.length ?? 0) && namesIt(message, symbol)) found = symbol;
    }
    return found;
  }

  #last(): string | undefined {
    return [...this.#quiet].at(-1);
  }
}

/** Whether a message has a symbol in it as a word of its own. */
function namesIt(message: string, symbol: string): boolean {
  for (let at = message.indexOf(symbol); at >= 0; at = message.indexOf(symbol, at + 1)) {
    if (!PART.test(message[at - 1] ?? "") && !PART.test(message[at + symbol.length] ?? "")) return true;
  }
  return false;
}

/** Characters that symbols are made of. A full stop may end a sentence. */
const PART = /[\p{L}\p{N}:_^=/-]/u;
