import type { OperatorStatus } from "../../../operator/status/operator_status.ts";

/** How the whole is. */
export type OverallState = "ready" | "progressing" | "degraded" | "paused" | "waiting" | "standby";

interface Meaning {
  word: string;
  /** What to say where no condition says more. */
  text: string;
  /** The condition whose message says why. */
  condition?: { type: string; holds?: true };
}

const MEANINGS: Record<OverallState, Meaning> = {
  ready: {
    word: "Ready",
    text: "Trades flow from the feed to the dashboards.",
    condition: { type: "Ready" },
  },
  progressing: {
    word: "Progressing",
    text: "The pipeline is being brought to what is wanted.",
    condition: { type: "Ready" },
  },
  degraded: {
    word: "Degraded",
    text: "Something needs attention.",
    condition: { type: "Degraded", holds: true },
  },
  paused: {
    word: "Paused",
    text: "Nothing is changed until spec.paused is false again.",
    condition: { type: "Paused", holds: true },
  },
  waiting: { word: "Waiting", text: "No Pipeline is known yet." },
  standby: {
    word: "Standing by",
    text: "Another operator leads: its page shows the pipeline. This one takes over when that ends.",
  },
};

type Known = Pick<OperatorStatus, "conditions" | "leader" | "pipeline">;

/** The one state of the whole, and what to say about it. */
export function overall(status: Known): { state: OverallState; word: string; text: string } {
  const state = stateOf(status);
  const { condition, text, word } = MEANINGS[state];
  const said = status.conditions.find(({ status, type }) =>
    type === condition?.type && (!condition.holds || status === "True")
  );
  return { state, word, text: said?.message || text };
}

function stateOf({ conditions, leader, pipeline }: Known): OverallState {
  if (pipeline === undefined) return leader ? "waiting" : "standby";
  if (conditions.some(({ status, type }) => type === "Degraded" && status === "True")) return "degraded";
  if (pipeline.paused) return "paused";
  return pipeline.ready ? "ready" : "progressing";
}

/** How long ago something was. @param ms milliseconds */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86_400)} d ago`;
}
