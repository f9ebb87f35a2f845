/** The zone of the exchanges on which stocks without a prefix are listed. */
const STOCKS = "America/New_York";

/**
 * Zone of the exchange that a symbol trades on: New York for stocks, which Finnhub names without a prefix, and UTC for what
 * trades around the clock.
 */
export const exchangeZone = (symbol: string): string => symbol.includes(":") ? "UTC" : STOCKS;

/** Days and hours of a zone begin on whole quarters of an hour, in every zone there is. */
const QUARTER_MS = 900_000;
/** Quarters of which the day is kept: more than a long history has. */
const KEPT = 20_000;

/**
 * Names the day of a time in a zone. Each quarter of an hour is looked up once.
 *
 * @returns takes milliseconds since the epoch; days are told apart by it, and by nothing else of it
 */
export function dayIn(zone: string): (time: number) => string {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
  const days = new Map<number, string>();
  return (time) => {
    const quarter = Math.floor(time / QUARTER_MS);
    let day = days.get(quarter);
    if (day === undefined) {
      if (days.size >= KEPT) days.clear();
      days.set(quarter, day = format.format(time));
    }
    return day;
  };
}
