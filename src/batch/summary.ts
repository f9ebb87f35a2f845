import type { Totals } from "./backfill.ts";

/** What was done, in a few lines. */
export function summary(totals: Totals, repair: boolean): string[] {
  const kinds = Object.entries(totals.differences).map(([kind, count]) => `${count} ${kind}`);
  const found = Object.values(totals.differences).reduce((sum, count) => sum + count, 0);
  const lines = [
    `${totals.windows} window(s) of ${totals.hours} symbol hour(s) compared with ${totals.trades} raw trade(s)`,
    `${found} difference(s)${kinds.length > 0 ? `: ${kinds.join(", ")}` : ""}`,
  ];
  if (repair) lines.push(`${totals.repaired} repaired`);
  if (totals.left > 0) {
    lines.push(`${totals.left} hold more than the raw trades and were left alone; --shrink takes that away`);
  }
  if (totals.streaming > 0) {
    lines.push(
      `${totals.streaming} were left to the stream, which has yet to store all their trades: let a processor run; ` +
        "where none will and all is read, --settle 0 repairs them too",
    );
  }
  if (totals.notTaken > 0) {
    lines.push(`${totals.notTaken} could not be repaired: a later write or deletion hides it`);
  }
  if (totals.changing > 0) lines.push(`${totals.changing} were changing all the time; check them again`);
  if (totals.expired > 0) {
    lines.push(`${totals.expired} not compared: their trades, or they, may have expired`);
  }
  if (totals.tooLarge > 0) {
    lines.push(`${totals.tooLarge} hour(s) passed over: more trades than --max-trades`);
  }
  return lines;
}
