import { type Instrument, INSTRUMENTS, typeOf } from "./instruments.ts";
import type { MarketSource } from "./market_source.ts";

/** A symbol as look-ups and lists have it. */
export interface Listed {
  symbol: string;
  displaySymbol: string;
  description: string;
  type: string;
}

const MAX_MATCHES = 100;

/** What is listed of a market's symbols; of a recording's by the market file, or by their names alone. */
export function listingOf(source: Pick<MarketSource, "symbols" | "instrument">): Listed[] {
  return source.symbols.map((symbol) => {
    const known: Pick<Instrument, "description" | "type"> = source.instrument?.(symbol) ??
      INSTRUMENTS.get(symbol) ?? { description: `${symbol} (simulated)`, type: typeOf(symbol) };
    const { description, type } = known;
    return { symbol, displaySymbol: displayOf(symbol), description, type };
  });
}

/** `BINANCE:BTCUSDT` is shown as `BTC/USDT`, `OANDA:EUR_USD` as `EUR/USD`. */
function displayOf(symbol: string): string {
  if (!symbol.includes(":")) return symbol;
  const pair = symbol.slice(symbol.indexOf(":") + 1);
  if (pair.length > 4 && pair.endsWith("USDT")) return `${pair.slice(0, -4)}/USDT`;
  return pair.replace("_", "/");
}

/** The look-up's answer, as Finnhub gives it: a symbol of that name, then those that have it in their name, then in what they are. */
export function search(listing: readonly Listed[], query: string): { count: number; result: Listed[] } {
  const wanted = query.toLowerCase();
  const rankOf = ({ description, symbol }: Listed) =>
    symbol.toLowerCase() === wanted
      ? 0
      : symbol.toLowerCase().includes(wanted)
      ? 1
      : description.toLowerCase().includes(wanted)
      ? 2
      : undefined;
  const result = (wanted === "" ? [] : listing)
    .flatMap((listed) => {
      const rank = rankOf(listed);
      return rank === undefined ? [] : [{ listed, rank }];
    })
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MAX_MATCHES)
    .map(({ listed }) => listed);
  return { count: result.length, result };
}

/** What `GET /stock/symbol` says of a stock; the identifiers that belong to others are left empty. */
const stock = ({ description, displaySymbol, symbol, type }: Listed) => ({
  currency: "USD",
  description,
  displaySymbol,
  figi: "",
  isin: null,
  mic: INSTRUMENTS.get(symbol)?.mic ?? "",
  shareClassFIGI: "",
  symbol,
  symbol2: "",
  type,
});

/** The stocks and funds of an exchange: all of the simulated ones are of the United States. */
export const stocksOf = (listing: readonly Listed[], exchange: string) =>
  exchange.toUpperCase() === "US" ? listing.filter(isStock).map(stock) : [];

/** The pairs of an exchange, without what Finnhub does not say of them. */
export const pairsOf = (listing: readonly Listed[], type: "Crypto" | "Forex", exchange: string) =>
  listing.filter((listed) => listed.type === type && venueOf(listed) === exchange.toUpperCase())
    .map(({ description, displaySymbol, symbol }) => ({ description, displaySymbol, symbol }));

/** The exchanges that have pairs. */
export const exchangesOf = (listing: readonly Listed[], type: "Crypto" | "Forex"): string[] => [
  ...new Set(listing.filter((listed) => listed.type === type).map(venueOf)),
];

const isStock = ({ type }: Listed): boolean => type !== "Crypto" && type !== "Forex";
const venueOf = ({ symbol }: Listed): string => symbol.slice(0, symbol.indexOf(":")).toUpperCase();
