import type { Misbehaviour } from "../../settings/settings.ts";
import type { FrameTrade } from "./market_source.ts";
import { MAX_FRAME_LENGTH } from "../../market/frame.ts";

export interface FaultOptions {
  kinds: readonly Misbehaviour[];
  /** Mean number of frames between two faults. */
  every: number;
  /** Uniform in [0, 1). */
  random: () => number;
}

/** Decides for each frame whether a fault happens, and which. */
export function faultPlan({ every, kinds, random }: FaultOptions): () => Misbehaviour | undefined {
  if (kinds.length === 0) return () => undefined;
  return () => random() * every < 1 ? kinds[Math.floor(random() * kinds.length)] : undefined;
}

/** What is sent to one client for one frame. */
export interface Delivery {
  /** Frames in order; bytes are a binary frame. */
  send: (string | Uint8Array<ArrayBuffer>)[];
  /** Then the connection is dropped, or goes silent for ever. */
  then?: "drop" | "hang";
}

const JUNK: readonly (string | Uint8Array<ArrayBuffer>)[] = [
  "not json {",
  "null",
  "[1,2]",
  '{"type":"news"}',
  '{"type":"trade"}',
  '{"type":"trade","data":{}}',
  '{"type":"trade","data":[null,{"s":1},{"s":"A","p":"1","t":1,"v":1}]}',
  new Uint8Array([0xde, 0xad, 0xbe, 0xef]),
];

export const tradeFrame = (trades: readonly FrameTrade[]): string =>
  JSON.stringify({ data: trades, type: "trade" });

/**
 * A frame with its fault. Junk, oversized frames and errors are sent beside the frame and lose no trade; a drop comes after it;
 * a hang swallows it and all that follow; disorder reverses it, so that times go backwards.
 */
export function withFault(
  trades: readonly FrameTrade[],
  fault: Misbehaviour | undefined,
  random: () => number,
): Delivery {
  const frame = tradeFrame(trades);
  switch (fault) {
    case undefined:
      return { send: [frame] };
    case "drop":
      return { send: [frame], then: "drop" };
    case "hang":
      return { send: [], then: "hang" };
    case "junk":
      return { send: [JUNK[Math.floor(random() * JUNK.length)]!, frame] };
    case "duplicates":
      return { send: [frame, frame] };
    case "disorder":
      return { send: [tradeFrame([...trades].reverse())] };
    case "oversize":
      return {
        send: [JSON.stringify({ type: "trade", data: [], pad: "x".repeat(MAX_FRAME_LENGTH) }), frame],
      };
    case "errors":
      return { send: ['{"type":"error","msg":"Something went wrong"}', frame] };
  }
}
