import type { AddedSymbol, Answers, Refusal } from "../../dashboard/wire.ts";

/**
 * Asks the server's API.
 *
 * @throws {Error} with what the server says against it
 */
export async function ask<N extends keyof Answers>(
  name: N,
  query: Readonly<Record<string, string | number>> = {},
  signal?: AbortSignal,
): Promise<Answers[N]> {
  const parameters = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
  return await read(await fetch(`api/${name}?${parameters}`, { signal: signal ?? null }));
}

/**
 * Adds a symbol to what the feed brings.
 *
 * @throws {Error} with what the server says against it
 */
export async function addSymbol(symbol: string): Promise<AddedSymbol> {
  const body: AddedSymbol = { symbol };
  return await read(
    await fetch("api/symbols", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
}

async function read<T>(response: Response): Promise<T> {
  const body: unknown = await response.json();
  if (!response.ok) throw new Error((body as Refusal).error);
  return body as T;
}
