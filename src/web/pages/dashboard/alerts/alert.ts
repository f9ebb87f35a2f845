import { ALERT_KINDS, MOST_MINUTES, type PriceAlert } from "../../../../market/price_alert.ts";

/** An alert that the browser keeps. */
export interface Alert extends PriceAlert {
  /** When it went off, milliseconds, and at which price; it waits where it did not. */
  fired?: { time: number; price: number };
}

/** Most alerts that a browser keeps. */
export const MOST_ALERTS = 50;

/** What of a kept text are alerts. */
export function alertsOf(text: string): Alert[] {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return [];
  }
  return Array.isArray(read) ? read.filter(isAlert).slice(0, MOST_ALERTS) : [];
}

function isAlert(value: unknown): value is Alert {
  const { fired, id, kind, minutes, symbol, value: level } = (value ?? {}) as Partial<
    Record<keyof Alert, unknown>
  >;
  const { price, time } = (fired ?? {}) as Record<string, unknown>;
  return typeof id === "string" && typeof symbol === "string" && ALERT_KINDS.some((each) => each === kind) &&
    isPositive(level) && isPositive(minutes) && minutes <= MOST_MINUTES &&
    (fired === undefined || (Number.isFinite(price) && Number.isFinite(time)));
}

const isPositive = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value > 0;
