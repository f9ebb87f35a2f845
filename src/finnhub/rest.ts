import { inTime } from "../async/wait.ts";
import { errorText, redactor } from "../telemetry/log.ts";
import type { FinnhubAccess } from "./access.ts";
import { readBounded } from "./bounded_body.ts";

/** What it takes to ask Finnhub's REST API. */
export type RestAccess = Pick<FinnhubAccess, "restUrl" | "token" | "fetch">;

/** An answer of Finnhub's REST API. */
export interface RestAnswer {
  ok: boolean;
  status: number;
  /** The header of that name. */
  retryAfter: string | null;
  /** The body; empty of an answer that is not ok. */
  text: string;
}

/** No answer came; the message says why, without the token. */
export class NotReached extends Error {
  override name = "NotReached";
}

export interface RestLimits {
  /** Longest time that an answer may take, milliseconds. */
  timeout: number;
  maxBytes: number;
  signal: AbortSignal;
}

/**
 * Asks `GET {restUrl}/{path}?…` once, with the token in a header.
 *
 * @throws {NotReached} when no answer came
 * @throws {RangeError} when it is larger than `maxBytes`
 * @throws the signal's reason when it is aborted
 */
export async function askRest(
  { fetch, restUrl, token }: RestAccess,
  path: string,
  query: Readonly<Record<string, string>>,
  { maxBytes, signal, timeout }: RestLimits,
): Promise<RestAnswer> {
  const url = new URL(restUrl);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/${path}`;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  try {
    return await inTime(timeout, signal, async (either) => {
      const headers = { "X-Finnhub-Token": token };
      const response = await fetch(url, { headers, signal: either, redirect: "error" });
      const { ok, status } = response;
      const retryAfter = response.headers.get("retry-after");
      if (ok) return { ok, status, retryAfter, text: await readBounded(response, maxBytes) };
      await response.body?.cancel();
      return { ok, status, retryAfter, text: "" };
    });
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof RangeError) throw cause;
    // Some runtimes name the value of a header that they refuse.
    throw new NotReached(`Finnhub is not reached (${redactor([token])(errorText(cause))})`);
  }
}
