import type { PipelineSpec } from "../../pipeline.ts";
import { environment, mounted, type Overlay } from "../overlays.ts";

/** Where calendars of the user's own are in a pod. */
const FOLDER = "/etc/trading-calendars";
/** The key of their ConfigMap. */
const FILE = "calendars.json";

/**
 * Tells a role which candles and bars are kept. All that write or read them are told the same.
 *
 * @param shows whether it also decides where candles begin
 */
export function candles({ candles }: PipelineSpec, { shows = false } = {}): Overlay[] {
  if (candles === undefined) return [];
  const { align, bars, calendarsConfigMap, kinds } = candles;
  return [
    environment({
      CANDLES: kinds?.join(","),
      BARS: bars?.join(","),
      CANDLE_ALIGN: shows ? align?.toLowerCase() : undefined,
      CALENDARS: calendarsConfigMap === undefined ? undefined : `${FOLDER}/${FILE}`,
    }),
    ...(calendarsConfigMap === undefined ? [] : [mounted("trading-calendars", calendarsConfigMap, FOLDER)]),
  ];
}
