import type { Hono } from "hono";
import { exchangesOf, type Listed, pairsOf, search, stocksOf } from "./listing.ts";
import type { PlayedTrades } from "./played_trades.ts";
import type { Quotes } from "./quotes.ts";

export interface RestApiOptions {
  listing: readonly Listed[];
  quotes: Quotes;
  played: PlayedTrades;
  /** Whether a token is good. */
  accepts(token: string | undefined): boolean;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** A request's path; official clients ask for `/api/v1//search`. */
export const singleSlashes = (request: Request): string =>
  new URL(request.url).pathname.replaceAll(/\/{2,}/g, "/");

/** Adds what is simulated of Finnhub's REST API, with the fields that Finnhub documents: https://finnhub.io/docs/api. */
export function addRestApi(app: Hono, { accepts, listing, now, played, quotes }: RestApiOptions): void {
  const get = (name: string, answer: (parameter: (name: string) => string) => object) =>
    app.get(`/api/v1/${name}`, (c) => {
      if (!accepts(c.req.header("X-Finnhub-Token") ?? c.req.query("token"))) {
        return c.json({ error: "Invalid API key" }, 401);
      }
      return c.json(answer((name) => c.req.query(name) ?? ""));
    });
  get("search", (of) => search(listing, of("q")));
  get("quote", (of) => quotes.of(of("symbol"), now()));
  get("stock/tick", (of) => played.ticks(of("symbol"), of("date"), of("skip"), of("limit")));
  for (const kind of ["stock", "crypto", "forex"]) {
    get(`${kind}/candle`, (of) => played.candles(of("symbol"), of("resolution"), of("from"), of("to")));
  }
  get("stock/symbol", (of) => stocksOf(listing, of("exchange")));
  for (const type of ["Crypto", "Forex"] as const) {
    get(`${type.toLowerCase()}/symbol`, (of) => pairsOf(listing, type, of("exchange")));
    get(`${type.toLowerCase()}/exchange`, () => exchangesOf(listing, type));
  }
}
