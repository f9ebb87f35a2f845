import type { Context, Hono } from "hono";
import { readBounded } from "../../finnhub/bounded_body.ts";
import { MAX_SYMBOL_LENGTH, symbolFault } from "../../market/symbol.ts";
import { errorText } from "../../telemetry/log.ts";
import { firstOf } from "../../async/wait.ts";
import type { SymbolDesk } from "./symbol_desk.ts";
import { type AddedSymbol, type Answers, MAX_QUERY, type Refusal } from "./wire.ts";

export interface SymbolApiOptions {
  desk: SymbolDesk | undefined;
  security: Record<string, string>;
  /** Ends searches with the server. */
  signal: AbortSignal;
}

const MAX_MATCHES = 20;
const MAX_BODY_BYTES = 1024;
/** Searches under way at once, over all pages: each costs a request of Finnhub's quota. */
const MAX_SEARCHES = 4;

/** Adds `/api/search` and the adding of symbols; both say 404 where the feed has no more symbols than it brings. */
export function addSymbolApi(app: Hono, { desk, security, signal }: SymbolApiOptions): void {
  const headers = { ...security, "cache-control": "no-store" };
  const refuse = (c: Context, status: 400 | 403 | 404 | 409 | 415 | 429 | 502, error: string) =>
    c.json({ error } satisfies Refusal, status, headers);
  const none = "this feed has no symbols to add; set FINNHUB_API_TOKEN";
  let searches = 0;

  app.get("/api/search", async (c) => {
    if (!desk) return refuse(c, 404, none);
    const query = c.req.query("q")?.trim() ?? "";
    if (query.length === 0 || query.length > MAX_QUERY) {
      return refuse(c, 400, `q must be of 1 to ${MAX_QUERY} characters`);
    }
    if (searches >= MAX_SEARCHES) return refuse(c, 429, "other searches are under way; try again");
    searches++;
    try {
      using either = firstOf(signal, c.req.raw.signal);
      const matches = await desk.search(query, either.signal);
      const short = matches.slice(0, MAX_MATCHES).map(({ description, symbol, type }) => ({
        symbol,
        description,
        type,
      }));
      return c.json({ matches: short } satisfies Answers["search"], 200, headers);
    } catch (error) {
      return refuse(c, 502, errorText(error));
    } finally {
      searches--;
    }
  });

  app.post("/api/symbols", async (c) => {
    if (!desk) return refuse(c, 404, none);
    // A page of another site can neither send this type without asking first, nor hide where it comes from.
    if (c.req.header("content-type")?.split(";")[0] !== "application/json") {
      return refuse(c, 415, "the body must be application/json");
    }
    const site = c.req.header("sec-fetch-site");
    if (site !== undefined && site !== "same-origin") return refuse(c, 403, "only this page may add symbols");
    const symbol = await readSymbol(c.req.raw);
    if (symbol === undefined) {
      return refuse(
        c,
        400,
        `the body must be {"symbol": text of 1 to ${MAX_SYMBOL_LENGTH} characters, none of control or format}`,
      );
    }
    try {
      desk.add(symbol);
    } catch (error) {
      if (error instanceof RangeError) return refuse(c, 409, error.message);
      throw error;
    }
    return c.json({ symbol } satisfies AddedSymbol, 201, headers);
  });
}

async function readSymbol(request: Request): Promise<string | undefined> {
  let body: unknown;
  try {
    body = JSON.parse(await readBounded(request, MAX_BODY_BYTES));
  } catch {
    return undefined;
  }
  const symbol = (body as { symbol?: unknown } | null)?.symbol;
  const fits = typeof symbol === "string" && symbolFault(symbol) === undefined;
  return fits ? symbol : undefined;
}
