import { conditionCodes, type Trade, tradeFault } from "./trade.ts";

/** What a text frame of the feed says. */
export type Frame =
  | {
    type: "trades";
    trades: Trade[];
    /** Entries that are no trades. */
    malformed: number;
    /** Condition codes that were dropped; their trades are kept. */
    droppedCodes: number;
  }
  | { type: "ping" }
  | { type: "error"; message: string }
  | { type: "junk"; reason: string };

/** Longest frame that is read, in UTF-16 units. */
export const MAX_FRAME_LENGTH = 1_048_576;
const MAX_ERROR_LENGTH = 500;

/**
 * Reads a frame as Finnhub sends it; what is not one is junk, and a trade that is not one is counted as malformed.
 *
 * @param nowMs when it came, milliseconds since the epoch: a trade that {@linkcode tradeFault} finds wrong by it counts as
 * malformed. Without it trades are only read, for a caller that judges them itself and says what is wrong.
 */
export function parseFrame(text: string, nowMs?: number): Frame {
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
        ? tradesFrame(frame.data, nowMs)
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

function tradesFrame(data: readonly unknown[], nowMs: number | undefined): Frame {
  const trades: Trade[] = [];
  let droppedCodes = 0;
  for (const entry of data) {
    if (!isRecord(entry)) continue;
    const { c, p, s, t, v } = entry;
    if (typeof s !== "string" || typeof p !== "number" || typeof v !== "number") continue;
    if (typeof t !== "number" || !Number.isSafeInteger(t)) continue;
    if (nowMs !== undefined && tradeFault(s, p, v, t, nowMs) !== undefined) continue;
    const { codes, dropped } = conditionCodes(Array.isArray(c) ? c : null);
    trades.push({ symbol: s, price: p, volume: v, time: t, conditions: codes });
    droppedCodes += dropped;
  }
  return { type: "trades", trades, malformed: data.length - trades.length, droppedCodes };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
