import { backoff, delay } from "../async/wait.ts";
import { askRest, NotReached, type RestAccess, type RestAnswer } from "./rest.ts";

/** One answer of the look-up. */
export interface SymbolMatch {
  symbol: string;
  displaySymbol: string;
  description: string;
  type: string;
}

/** A look-up that failed; the message names the remedy. */
export class SymbolSearchError extends Error {
  override name = "SymbolSearchError";
}

export interface SymbolSearchOptions extends RestAccess {
  random: () => number;
  signal: AbortSignal;
  /** Waits between tries. Default: {@linkcode delay}. */
  wait?: typeof delay;
}

const TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 1_048_576;
/** Tries after an answer of 429, "too many requests". */
const RETRIES = 3;
/** Bounds of the waits after a 429, milliseconds: together up to a minute, in which the free plan allows 60 look-ups. */
const LIMIT_WAIT = { base: 8000, cap: 32_000 };

/**
 * Searches for symbols: `GET {restUrl}/search?q=…` with the token in a header.
 *
 * @throws {SymbolSearchError} when there is no usable answer.
 */
export async function searchSymbols(query: string, options: SymbolSearchOptions): Promise<SymbolMatch[]> {
  for (let attempt = 0;; attempt++) {
    const { ok, status, text } = await ask(query, options);
    if (ok) return readMatches(text);
    if (status !== 429 || attempt >= RETRIES) {
      throw new SymbolSearchError(`Finnhub answers ${status}; ${statusRemedy(status)}`);
    }
    const wait = backoff(attempt, { ...LIMIT_WAIT, random: options.random });
    await (options.wait ?? delay)(wait, options.signal);
  }
}

export interface ValidatedSymbols {
  known: string[];
  unknown: string[];
}

/**
 * Looks each symbol up by its exact name. A symbol such as `BINANCE:BTCUSDT` is searched for by the part behind the colon too,
 * because the search is one over names.
 *
 * @throws {SymbolSearchError} when a look-up fails.
 */
export async function validateSymbols(
  options: SymbolSearchOptions & { symbols: readonly string[] },
): Promise<ValidatedSymbols> {
  const result: ValidatedSymbols = { known: [], unknown: [] };
  for (const symbol of options.symbols) {
    const queries = [symbol, ...symbol.includes(":") ? [symbol.slice(symbol.indexOf(":") + 1)] : []];
    let found = false;
    for (const query of queries) {
      found ||= (await searchSymbols(query, options)).some((match) => match.symbol === symbol);
      if (found) break;
    }
    (found ? result.known : result.unknown).push(symbol);
  }
  return result;
}

async function ask(query: string, options: SymbolSearchOptions): Promise<RestAnswer> {
  const limits = { timeout: TIMEOUT_MS, maxBytes: MAX_BODY_BYTES, signal: options.signal };
  try {
    return await askRest(options, "search", { q: query }, limits);
  } catch (cause) {
    if (cause instanceof RangeError) throw unusable();
    if (!(cause instanceof NotReached)) throw cause;
    throw new SymbolSearchError(`${cause.message}; check FINNHUB_REST_URL`);
  }
}

const unusable = () =>
  new SymbolSearchError("Finnhub's answer is not a list of symbols; check FINNHUB_REST_URL");

function statusRemedy(status: number): string {
  if (status === 401 || status === 403) return "check FINNHUB_API_TOKEN";
  if (status === 429) return "too many look-ups, try again in a minute";
  return "check FINNHUB_REST_URL, or try again later";
}

function readMatches(answer: string): SymbolMatch[] {
  let body: unknown;
  try {
    body = JSON.parse(answer);
  } catch {
    throw unusable();
  }
  const result = (body as { result?: unknown } | null)?.result;
  if (!Array.isArray(result)) throw unusable();
  const text = (value: unknown) => typeof value === "string" ? value : "";
  return result
    .filter((entry) => typeof entry?.symbol === "string")
    .map(({ description, displaySymbol, symbol, type }) => ({
      symbol,
      displaySymbol: text(displaySymbol),
      description: text(description),
      type: text(type),
    }));
}
