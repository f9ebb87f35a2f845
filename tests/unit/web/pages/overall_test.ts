import { assertEquals } from "@std/assert";
import type { Condition, OperatorStatus } from "../../../../src/operator/status/operator_status.ts";
import { ago, overall } from "../../../../src/web/pages/operator/overall.ts";

const condition = (type: string, status: Condition["status"], message: string): Condition => ({
  type,
  status,
  reason: "Because",
  message,
  lastTransitionTime: "2025-01-31T00:00:00Z",
  observedGeneration: 1,
});
const pipeline = (
  state: { ready?: boolean; paused?: boolean } = {},
): OperatorStatus["pipeline"] & object => ({
  namespace: "n",
  name: "p",
  profile: "single",
  paused: false,
  ready: false,
  generation: 1,
  ...state,
});

Deno.test("without a Pipeline the page says whether this operator leads", () => {
  assertEquals(overall({ conditions: [], leader: true }).word, "Waiting");
  assertEquals(overall({ conditions: [], leader: false }).word, "Standing by");
});

Deno.test("a degraded pipeline says so even when it is paused or ready", () => {
  const conditions = [condition("Ready", "True", "all is well"), condition("Degraded", "True", "no image")];
  for (const state of [{}, { ready: true }, { paused: true }]) {
    assertEquals(overall({ conditions, leader: true, pipeline: pipeline(state) }), {
      state: "degraded",
      word: "Degraded",
      text: "no image",
    });
  }
});

Deno.test("paused comes before ready; a condition that does not hold says nothing about it", () => {
  const conditions = [condition("Degraded", "False", "no"), condition("Paused", "Unknown", "perhaps")];
  assertEquals(overall({ conditions, leader: true, pipeline: pipeline({ ready: true, paused: true }) }), {
    state: "paused",
    word: "Paused",
    text: "Nothing is changed until spec.paused is false again.",
  });
});

Deno.test("Ready's message says why a pipeline progresses; an empty one leaves the usual words", () => {
  const status = (message: string) => ({
    conditions: [condition("Ready", "False", message)],
    leader: true,
    pipeline: pipeline(),
  });
  assertEquals(overall(status("waits for kafka")).text, "waits for kafka");
  assertEquals(overall(status("")).text, "The pipeline is being brought to what is wanted.");
});

Deno.test("how long ago is said in the largest unit that is over, and never in the future", () => {
  const units = [-5, 0, 59, 60, 3599, 3600, 86_399, 86_400, 200_000];
  assertEquals(units.map((seconds) => ago(seconds * 1000)), [
    "0 s ago",
    "0 s ago",
    "59 s ago",
    "1 min ago",
    "59 min ago",
    "1 h ago",
    "23 h ago",
    "1 d ago",
    "2 d ago",
  ]);
});
