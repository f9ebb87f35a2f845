import table from "../../../schemas/conditions.json" with { type: "json" };

/**
 * Whether a trade may set the last price, and so open and close. `first`: only as the first of the day that may; `late`: until
 * {@linkcode LATE_MS} after the regular session, then as `first`.
 */
export type LastRule = "no" | "first" | "late" | "yes";

/** What a trade does to a bar. */
export interface Effect {
  last: LastRule;
  highLow: boolean;
  volume: boolean;
}

/** The same in bars that touch the regular session, and in those of extended hours alone. */
export interface SaleEffect {
  regular: Effect;
  extended: Effect;
  /** Number of codes that the table does not know, or knows in part: they count as regular sales where it is silent. */
  unknown: number;
}

/** Until when after the regular session `late` sets the last price, milliseconds. Source: UTDF's table of conditions. */
export const LATE_MS = 10_000;

/** Weakest first: of several codes the weakest rule holds. */
const STRENGTH: readonly LastRule[] = ["no", "first", "late", "yes"];

const ALL: Effect = { last: "yes", highLow: true, volume: true };
const NONE: SaleEffect = { regular: ALL, extended: ALL, unknown: 0 };

interface Row {
  regular: Effect;
  extended: Effect;
  unknown: boolean;
}

const effect = ({ highLow, last, volume }: Record<keyof Effect, string>): Effect => {
  const rule = STRENGTH.find((each) => each === last);
  if (rule === undefined) throw new TypeError(`conditions.json: last is ${last}`);
  return { last: rule, highLow: highLow === "yes", volume: volume === "yes" };
};

const ROWS: ReadonlyMap<string, Row> = new Map(
  table.conditions.map(({ code, extended, regular, unknown }) => [
    code,
    { regular: effect(regular), extended: effect(extended), unknown: unknown === true },
  ]),
);

/** Combinations that are remembered; a feed has a few dozen. */
const MAX_KNOWN = 10_000;
const known = new Map<string, SaleEffect>();

/** What a trade with these condition codes does, by `schemas/conditions.json`: of several codes any "no" wins. */
export function saleEffect(codes: readonly (string | null)[] | null | undefined): SaleEffect {
  if (codes === null || codes === undefined || codes.length === 0) return NONE;
  const name = codes.length === 1 ? codes[0] ?? "" : codes.join("\n");
  const before = known.get(name);
  if (before) return before;
  let { extended, regular, unknown } = NONE;
  for (const code of codes) {
    if (code === null) continue;
    const row = ROWS.get(code);
    if (row === undefined || row.unknown) unknown++;
    if (row === undefined) continue;
    regular = weaker(regular, row.regular);
    extended = weaker(extended, row.extended);
  }
  const found = { regular, extended, unknown };
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(name, found);
  return found;
}

const weaker = (a: Effect, b: Effect): Effect => ({
  last: STRENGTH[Math.min(STRENGTH.indexOf(a.last), STRENGTH.indexOf(b.last))]!,
  highLow: a.highLow && b.highLow,
  volume: a.volume && b.volume,
});
