import type { Place } from "../tables.ts";
import { type Cell, cellNames } from "./cells.ts";

/** What is done with each cell's servers, in this order. */
export const STEP_NAMES = [
  "setup",
  "TLS and SCRAM",
  "recorded trades",
  "restart",
  "dead letters",
  "dashboard",
  "doctor",
  "backfill",
  "export",
] as const;

export type StepName = typeof STEP_NAMES[number];

/** How a step ended. */
export type Outcome = "yes" | "no" | "not run";

export interface CellResult {
  cell: Cell;
  outcomes: Record<StepName, Outcome>;
}

/** Where the table stands in README.md beside this file. */
export const COMPAT_PLACE: Place = {
  begin: "<!-- compatibility: made by make compat -->",
  end: "<!-- end of compatibility -->",
};

/** A row for each cell, a column for each step. */
export function compatTable(results: readonly CellResult[]): string {
  const line = (columns: readonly string[]) => `| ${columns.join(" | ")} |`;
  const head = ["Kafka", "Cassandra", ...STEP_NAMES];
  return [
    line(head),
    line(head.map(() => "---")),
    ...results.map(({ cell, outcomes }) => {
      const { cassandra, kafka } = cellNames(cell);
      return line([kafka, cassandra, ...STEP_NAMES.map((name) => outcomes[name])]);
    }),
  ].join("\n");
}

/** Whether every step of every cell went well. */
export function allWell(results: readonly CellResult[]): boolean {
  return results.every(({ outcomes }) => STEP_NAMES.every((name) => outcomes[name] === "yes"));
}
