import { backoff, delay } from "../async/wait.ts";
import type { FetchedCandle } from "../market/following/fetched.ts";
import { conditionCodes, type Trade, tradeFault } from "../market/trade.ts";
import type { Logger } from "../telemetry/log.ts";
import { askRest, NotReached, type RestAccess } from "./rest.ts";

export interface HistoryOptions extends RestAccess {
  log: Logger;
  random: () => number;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Waits between tries. Default: {@linkcode delay}. */
  wait?: typeof delay;
}

/** A question of the past that has no usable answer; the message names the remedy. */
export class HistoryError extends Error {
  override name = "HistoryError";
}

/** The token's plan does not have what was asked for. */
export class NotInPlan extends HistoryError {
  override name = "NotInPlan";
}

const TIMEOUT_MS = 60_000;
/** A page of ticks has some 2 MB. */
const MAX_BODY_BYTES = 33_554_432;
/** Ticks of one page: as many as Finnhub gives. */
const PAGE = 25_000;
/** Time of which candles are asked for at once, milliseconds: Finnhub gives a month of minutes at most. */
const MOST_CANDLES_MS = 7 * 86_400_000;
/** A pair of currencies, such as OANDA:EUR_USD. */
const FOREX = /:[A-Z]{3}[_/][A-Z]{3}$/;
/** Tries of one question. */
const TRIES = 6;
/** Bounds of the waits after an answer of 429 that does not say how long, or none at all; milliseconds. */
const WAIT = { base: 8000, cap: 60_000 };
/** Longest wait that a server may ask for, milliseconds: plans count by the minute. */
const MOST_MS = 120_000;

/** One page of a day's ticks. */
export interface TickPage {
  trades: Trade[];
  /** Entries that are no trades. */
  malformed: number;
  /** Where the next page starts; undefined after the last. */
  next: number | undefined;
}

/** Asks Finnhub's REST API for the past, within the limits of the plan: after an answer of 429 it waits as long as it says. */
export class FeedHistory {
  constructor(readonly options: HistoryOptions) {}

  /**
   * A day's trades of a stock by `GET /stock/tick`, from the `skip`-th on: https://finnhub.io/docs/api/stock-tick.
   *
   * @param date of the exchange, such as 2026-01-31
   * @throws {NotInPlan} where the plan has no ticks
   * @throws {HistoryError} when there is no usable answer
   */
  async ticks(symbol: string, date: string, skip: number, signal: AbortSignal): Promise<TickPage> {
    const query = { symbol, date, limit: String(PAGE), skip: String(skip), format: "json" };
    const body = await this.#get("stock/tick", query, signal);
    const { c, p, t, total, v } = body;
    // A day without a trade has no lists.
    if (total === 0 || (p === undefined && t === undefined)) {
      return { trades: [], malformed: 0, next: undefined };
    }
    const lists = [p, t, v];
    if (!lists.every((list) => Array.isArray(list) && list.length === (t as unknown[]).length)) {
      throw unusable();
    }
    const times = t as unknown[];
    const trades = times.flatMap((time, i): Trade[] => {
      const [price, volume] = [(p as unknown[])[i], (v as unknown[])[i]];
      const numbers = [time, price, volume].every((value) => typeof value === "number");
      if (!numbers || !Number.isSafeInteger(time)) return [];
      const codes: unknown = Array.isArray(c) ? c[i] : undefined;
      const trade = {
        symbol,
        price: price as number,
        volume: volume as number,
        time: time as number,
        conditions: conditionCodes(Array.isArray(codes) ? codes : null).codes,
      };
      return tradeFault(symbol, trade.price, trade.volume, trade.time, this.options.now()) === undefined
        ? [trade]
        : [];
    });
    const next = skip + times.length;
    const more = times.length > 0 && typeof total === "number" && next < total;
    return { trades, malformed: times.length - trades.length, next: more ? next : undefined };
  }

  /**
   * The candles of a minute that start in [from, to), milliseconds, by `GET /stock/candle`, `/crypto/candle` or `/forex/candle`:
   * https://finnhub.io/docs/api/crypto-candles. Earliest first.
   *
   * @throws {NotInPlan} where the plan has none
   * @throws {HistoryError} when there is no usable answer
   */
  async candles(symbol: string, from: number, to: number, signal: AbortSignal): Promise<FetchedCandle[]> {
    const kind = !symbol.includes(":") ? "stock" : FOREX.test(symbol) ? "forex" : "crypto";
    const all: FetchedCandle[] = [];
    for (let start = from; start < to; start += MOST_CANDLES_MS) {
      // Both ends are included, in seconds.
      const last = Math.min(to, start + MOST_CANDLES_MS) / 1000 - 1;
      const query = { symbol, resolution: "1", from: String(start / 1000), to: String(last) };
      all.push(...candlesOf(await this.#get(`${kind}/candle`, query, signal)));
    }
    return all.filter((candle) => candle.start >= from && candle.start < to).sort((a, b) =>
      a.start - b.start
    );
  }

  async #get(
    path: string,
    query: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    for (let attempt = 1;; attempt++) {
      const { problem, text, wait } = await this.#try(path, query, signal);
      if (text !== undefined) return read(text);
      if (attempt === TRIES || wait > MOST_MS) throw new HistoryError(`${problem}; try again later`);
      const { log, random, wait: waiting = delay } = this.options;
      const ms = wait || backoff(attempt - 1, { ...WAIT, random });
      log.warn("Finnhub is asked again", { reason: problem, waitMs: Math.round(ms) });
      await waiting(ms, signal);
    }
  }

  /** One request: its text, or what is wrong that may pass, and how long it asks to wait, milliseconds; 0 for no word on it. */
  async #try(
    path: string,
    query: Record<string, string>,
    signal: AbortSignal,
  ): Promise<{ text?: string; problem: string; wait: number }> {
    try {
      const limits = { timeout: TIMEOUT_MS, maxBytes: MAX_BODY_BYTES, signal };
      const { ok, retryAfter, status, text } = await askRest(this.options, path, query, limits);
      if (ok) return { text, problem: "", wait: 0 };
      if (status === 401) throw new HistoryError("Finnhub answers 401; check FINNHUB_API_TOKEN");
      if (status === 403) {
        throw new NotInPlan(`Finnhub answers 403: the plan of this token does not have ${path}`);
      }
      const wait = this.#waitOf(retryAfter);
      if (status === 429) return { problem: "429: the plan's limit of requests is reached", wait };
      if (status < 500) throw new HistoryError(`Finnhub answers ${status}; check FINNHUB_REST_URL`);
      return { problem: `Finnhub answers ${status}`, wait };
    } catch (cause) {
      if (cause instanceof NotReached) return { problem: cause.message, wait: 0 };
      throw cause instanceof RangeError ? unusable() : cause;
    }
  }

  /** What `Retry-After` asks for: seconds, or a date. */
  #waitOf(after: string | null): number {
    if (after === null) return 0;
    if (/^\d{1,9}$/.test(after)) return Number(after) * 1000;
    const date = Date.parse(after);
    return Number.isNaN(date) ? 0 : Math.max(1000, date - this.options.now());
  }
}

/** Candles as lists by their fields; those that are none are left out. */
function candlesOf({ c, h, l, o, s, t, v }: Record<string, unknown>): FetchedCandle[] {
  if (s === "no_data") return [];
  const lists = [t, o, h, l, c, v];
  if (!lists.every((list) => Array.isArray(list) && list.length === (t as unknown[]).length)) {
    throw unusable();
  }
  return (t as unknown[]).flatMap((time, i) => {
    const [open, high, low, close, volume] = lists.slice(1).map((list) => (list as unknown[])[i]) as number[];
    const candle = { start: Number(time) * 1000, open, high, low, close, volume } as FetchedCandle;
    const prices = [candle.open, candle.low, candle.close];
    const good = Number.isSafeInteger(candle.start) && prices.every((price) =>
      price > 0 && price <= candle.high
    ) &&
      candle.high < Infinity && candle.low <= candle.open && candle.low <= candle.close &&
      candle.volume >= 0 && candle.volume < Infinity;
    return good ? [candle] : [];
  });
}

const unusable = () =>
  new HistoryError("Finnhub's answer is not one of trades or candles; check FINNHUB_REST_URL");

function read(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) {
      return body as Record<string, unknown>;
    }
  } catch {
    // As any other answer that is none.
  }
  throw unusable();
}
