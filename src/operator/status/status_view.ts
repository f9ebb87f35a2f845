import { delay } from "../../async/wait.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Condition, OperatorStatus, RecordedEvent, Throughput } from "./operator_status.ts";

/** Puts together what the operator knows. */
export function statusView(
  { events, leader, pipeline, throughput }: {
    pipeline: Pipeline | undefined;
    leader: boolean;
    events: readonly RecordedEvent[];
    throughput?: Throughput | undefined;
  },
): OperatorStatus {
  const { components = [], conditions = [] } = pipeline?.status ?? {};
  return {
    ...(pipeline === undefined ? {} : { pipeline: headline(pipeline, conditions) }),
    leader,
    conditions,
    components,
    doing: components.filter(({ state }) => state === "progressing").map(({ message, name }) =>
      `${name} ${message}`.trim()
    ),
    events: events.slice(0, 30),
    ...(throughput === undefined ? {} : { throughput }),
  };
}

function headline({ metadata, spec }: Pipeline, conditions: readonly Condition[]) {
  return {
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
    profile: spec.profile,
    paused: spec.paused,
    ready: conditions.some(({ status, type }) => type === "Ready" && status === "True"),
    generation: metadata.generation ?? 0,
  };
}

/**
 * The status whenever it differs from the last one, until the signal is aborted. It is looked at every `pause`
 * milliseconds and only while someone watches, which costs less than to be told of every change of an object.
 */
export async function* changesOf(
  read: () => OperatorStatus,
  signal: AbortSignal,
  pause = 250,
): AsyncGenerator<OperatorStatus> {
  let last = "";
  while (!signal.aborted) {
    const status = read();
    const text = JSON.stringify(status);
    if (text !== last) {
      last = text;
      yield status;
    }
    await delay(pause, signal).catch(() => {});
  }
}
