/** What the operator tells of a pipeline. Types alone: the operator's page imports them too. */

/** What the operator's page and `/status` show. It never holds a secret. */
export interface OperatorStatus {
  /** Absent until a Pipeline was seen. */
  pipeline?: {
    namespace: string;
    name: string;
    profile: string;
    paused: boolean;
    ready: boolean;
    generation: number;
  };
  /** Whether this operator acts, or stands by for the one that does. */
  leader: boolean;
  conditions: Condition[];
  components: ComponentStatus[];
  /** What is being done, a sentence each. */
  doing: string[];
  /** The last 30, newest first. */
  events: RecordedEvent[];
  /** Absent when the pipeline cannot be asked. */
  throughput?: Throughput;
}

export interface Throughput {
  tradesPerSecond: number;
  /** Messages in Kafka that wait for the processor. */
  lagRecords: number;
  /** Whether the producer has its connection to the feed. */
  producerConnected: boolean;
}

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
  /** RFC 3339; when `status` last changed. */
  lastTransitionTime: string;
  observedGeneration: number;
}

/** How a component is: `off` is not wanted, `waiting` is for another to be ready first. */
export type ComponentState = "ready" | "progressing" | "degraded" | "waiting" | "off";

export interface ComponentStatus {
  name: string;
  kind: string;
  state: ComponentState;
  ready: number;
  wanted: number;
  version: string;
  message: string;
}

export interface RecordedEvent {
  /** RFC 3339. */
  time: string;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  /** Such as `Pipeline pipeline/pipeline`. */
  object: string;
}
