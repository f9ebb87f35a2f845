import type { Trade } from "./trade.ts";

/** What a text frame of the feed says. */
export type Frame =
  | { type: "trades"; trades: Trade[]; malformed: number }
  | { type: "ping" }
  | { type: "error"; message: string }
  | { type: "junk"; reason: string };

/** Longest frame that is read, in UTF-16 units. */
export const MAX_FRAME_LENGTH = 1_048_576;
/** Most condition codes that are taken of one trade. */
const MAX_CONDITIONS = 64;
const MAX_ERROR_LENGTH = 500;

/** Reads a frame as Finnhub sends it; what is not one is junk, and a trade that is not one is counted as malformed. */
export function parseFrame(text: string): Frame {
  if (text.length > MAX_FRAME_LENGTH) {
    return { type: "junk", reason: `longer than ${MAX_FRAME_LENGTH} characters` };
  }
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return { type: "junk", reason: "not JSON" };
  }
  if (!isRecord(frame)) return { type: "junk", reason: "not an object" };
  switch (frame.type) {
    case "trade":
      return Array.isArray(frame.data)
        ? tradesFrame(frame.data)
        : { type: "junk", reason: "trade without data" };
    case "ping":
      return { type: "ping" };
    case "error":
      return { type: "error", message: errorMessage(frame.msg) };
    default:
      return { type: "junk", reason: "unknown type" };
  }
}

/** Not by `String()`: that throws for an object whose `toString` is no function, and for deeply nested lists. */
function errorMessage(message: unknown): string {
  return typeof message === "string" ? message.slice(0, MAX_ERROR_LENGTH) : "an error without a message";
}

function tradesFrame(data: readonly unknown[]): Frame {
  const trades: Trade[] = [];
  for (const entry of data) {
    const trade = readTrade(entry);
    if (trade) trades.push(trade);
  }
  return { type: "trades", trades, malformed: data.length - trades.length };
}

function readTrade(entry: unknown): Trade | undefined {
  if (!isRecord(entry)) return undefined;
  const { c, p, s, t, v } = entry;
  if (typeof s !== "string" || typeof p !== "number" || typeof v !== "number" || !Number.isSafeInteger(t)) {
    return undefined;
  }
  const codes = Array.isArray(c)
    ? c.filter((code) => typeof code === "string").slice(0, MAX_CONDITIONS)
    : NO_CONDITIONS;
  return { symbol: s, price: p, volume: v, time: t as number, conditions: codes };
}

const NO_CONDITIONS: readonly string[] = [];

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
