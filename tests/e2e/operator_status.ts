import type { OperatorStatus } from "../../src/operator/status/operator_status.ts";
import type { ComponentState, ComponentStatus, Condition } from "../../src/operator/pipeline.ts";

const KINDS: Record<string, [kind: string, wanted: number, version: string]> = {
  zookeeper: ["StatefulSet", 3, "3.9.2"],
  "kafka-controller": ["", 0, ""],
  kafka: ["StatefulSet", 3, "3.9.2"],
  kafdrop: ["Deployment", 1, "4.1.0"],
  cassandra: ["StatefulSet", 3, "5.0"],
  "cassandra-web": ["", 0, ""],
  setup: ["Job", 1, "0.1.0"],
  producer: ["Deployment", 1, "0.1.0"],
  processor: ["Deployment", 2, "0.1.0"],
  dashboard: ["Deployment", 1, "0.1.0"],
  grafana: ["Deployment", 1, "12.1.0"],
  batch: ["CronJob", 1, "0.1.0"],
};
/** What nobody asked for. */
const OFF = ["kafka-controller", "cassandra-web", "batch"];

export const NAMES = Object.keys(KINDS);

function component(name: string, state: ComponentState, message = "", ready?: number): ComponentStatus {
  const [kind, wanted, version] = KINDS[name]!;
  return { name, kind, state, ready: ready ?? (state === "ready" ? wanted : 0), wanted, version, message };
}

function condition(type: string, holds: boolean, reason: string, message: string): Condition {
  const status = holds ? "True" : "False";
  return {
    type,
    status,
    reason,
    message,
    lastTransitionTime: new Date(Date.now() - 130_000).toISOString(),
    observedGeneration: 3,
  };
}

const PIPELINE = {
  namespace: "pipeline",
  name: "stocks",
  profile: "ha",
  paused: false,
  ready: false,
  generation: 3,
};

const event = (seconds: number, type: "Normal" | "Warning", reason: string, message: string) => ({
  time: new Date(Date.now() - seconds * 1000).toISOString(),
  type,
  reason,
  message,
  object: "Pipeline pipeline/stocks",
});

/** Kafka is on its way, what needs it waits. */
export function progressing(): OperatorStatus {
  const waits = (name: string) => component(name, "waiting", "waits for kafka");
  return {
    pipeline: PIPELINE,
    leader: true,
    conditions: [
      condition("Ready", false, "Progressing", "kafka: 1 of 3 pods are ready"),
      condition("Progressing", true, "Rolling", "1 component is not there yet"),
      condition("Degraded", false, "AllWell", ""),
    ],
    components: NAMES.map((name) => {
      if (name === "zookeeper" || name === "cassandra") return component(name, "ready");
      if (name === "kafka") return component(name, "progressing", "1 of 3 pods are ready", 1);
      return OFF.includes(name) ? component(name, "off") : waits(name);
    }),
    doing: ["kafka 1 of 3 pods are ready"],
    events: [
      event(4, "Normal", "ZooKeeperReady", "3 of 3 pods are ready"),
      event(70, "Normal", "Created", "StatefulSet kafka was made"),
    ],
  };
}

/** All is well and trades flow. */
export function ready(tradesPerSecond = 1234, lagRecords = 12): OperatorStatus {
  return {
    ...progressing(),
    pipeline: { ...PIPELINE, ready: true },
    conditions: [
      condition("Ready", true, "AllReady", "10 of 10 components are ready"),
      condition("Progressing", false, "Settled", ""),
      condition("Degraded", false, "AllWell", ""),
    ],
    components: NAMES.map((name) => component(name, OFF.includes(name) ? "off" : "ready")),
    doing: [],
    events: [event(1, "Normal", "Ready", "all components are ready"), ...progressing().events],
    throughput: { tradesPerSecond, lagRecords, producerConnected: true },
  };
}

/** As {@link ready}, with everything that may be asked for. */
export function complete(): OperatorStatus {
  return { ...ready(), components: NAMES.map((name) => component(name, "ready")) };
}

/** A processor whose image is not there, and an unlucky message. */
export function degraded(message: string): OperatorStatus {
  const status = ready(310, 48_211);
  return {
    ...status,
    pipeline: { ...PIPELINE, ready: false },
    conditions: [
      condition("Ready", false, "Degraded", "processor is degraded"),
      condition("Progressing", false, "Settled", ""),
      condition("Degraded", true, "ImagePull", message),
    ],
    components: status.components.map((each) =>
      each.name === "processor" ? component("processor", "degraded", message, 1) : each
    ),
    events: [event(2, "Warning", "ImagePull", message), ...status.events],
  };
}
