import { type Cluster, keyOf } from "../../kubernetes/cluster.ts";
import { errorText, type Logger } from "../../telemetry/log.ts";
import type { Pipeline, PipelineStatus } from "../pipeline.ts";
import type { RecordedEvent } from "../status/operator_status.ts";

/** What a pass says of the whole Pipeline. */
export interface Told {
  refused: readonly string[];
  troubles: readonly string[];
  left: readonly string[];
}

/** Events that are kept for the operator's page. */
const KEPT = 30;
/** Longest message of an Event, in characters: the server takes 1024. */
const MOST = 1000;

/** Says on the Pipeline what happened: when something changes, never again while it stays. */
export class Events {
  readonly recent: RecordedEvent[] = [];

  constructor(
    readonly options: {
      cluster: Cluster;
      log: Logger;
      /** Milliseconds since the epoch. */
      now(): number;
      /** Uniform in [0, 1). */
      random(): number;
      signal: AbortSignal;
    },
  ) {}

  /** Records an Event; one that the server does not take is no reason to stop. */
  add(pipeline: Pipeline, type: "Normal" | "Warning", reason: string, message: string): void {
    const { cluster, log, now, random, signal } = this.options;
    const { apiVersion, kind, metadata: { name, namespace = "default", uid } } = pipeline;
    const time = new Date(now()).toISOString();
    this.recent.unshift({ time, type, reason, message, object: `${kind} ${keyOf({ namespace, name })}` });
    this.recent.splice(KEPT);
    const suffix = now().toString(16) + Math.floor(random() * 2 ** 24).toString(16).padStart(6, "0");
    cluster.create({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name}.${suffix}`, namespace },
      involvedObject: { apiVersion, kind, name, namespace, ...(uid === undefined ? {} : { uid }) },
      type,
      reason,
      message: message.slice(0, MOST),
      source: { component: "finnhub-pipe" },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    }, signal).catch((error) => {
      if (!signal.aborted) log.warn("event not recorded", { reason, error: errorText(error) });
    });
  }

  /** What changed between the status that was written last and the one that is about to be. */
  transitions(pipeline: Pipeline, status: PipelineStatus, { left, refused, troubles }: Told): void {
    const before = new Map(pipeline.status?.components?.map((component) => [component.name, component]));
    for (const { message, name, state } of status.components ?? []) {
      const old = before.get(name);
      if (old?.state === state && (state !== "degraded" || old.message === message)) continue;
      if (state === "degraded") this.add(pipeline, "Warning", "ComponentTrouble", `${name}: ${message}`);
      else if (state === "ready") this.add(pipeline, "Normal", "ComponentReady", `${name} is ready`);
      else if (old !== undefined || state === "progressing") {
        this.add(
          pipeline,
          "Normal",
          `Component${state[0]!.toUpperCase()}${state.slice(1)}`,
          `${name} ${message || `is ${state}`}`,
        );
      }
    }
    const degraded = pipeline.status?.conditions?.find(({ type }) => type === "Degraded")?.message ?? "";
    const told = [[refused, "ChangeRefused"], [troubles, "NotRun"], [left, "NotPruned"]] as const;
    for (const [texts, reason] of told) {
      for (const text of texts) {
        if (!degraded.includes(text)) this.add(pipeline, "Warning", reason, text);
      }
    }
    for (const { message, status: now, type } of status.conditions ?? []) {
      const old = pipeline.status?.conditions?.find((each) => each.type === type)?.status;
      if (type !== "Progressing" && old !== undefined && old !== now) {
        this.add(pipeline, "Normal", now === "True" ? type : `Not${type}`, message);
      }
    }
  }
}
