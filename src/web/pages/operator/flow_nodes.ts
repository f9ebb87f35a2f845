/** The way of a trade: who hands it to whom, and where each stands in the picture. */
import type { ComponentState, OperatorStatus } from "../../../operator/status/operator_status.ts";

/** Of a picture: from left to right, or from top to bottom. */
export type Shape = "wide" | "narrow";
/** By column and row. */
type Place = readonly [column: number, row: number];

interface NodePlaces {
  wide: Place;
  narrow: Place;
  /** Left out while nobody asks for it: it is no part of the way. */
  extra?: true;
}

/** All components, and what is none and yet part of the way; a unit test compares them with the operator's table. */
const PLACES = {
  finnhub: { wide: [0, 1], narrow: [0, 0] },
  producer: { wide: [1, 1], narrow: [0, 1] },
  kafka: { wide: [2, 1], narrow: [0, 2] },
  // Kafka has the one or the other.
  zookeeper: { wide: [2, 2], narrow: [1, 2], extra: true },
  "kafka-controller": { wide: [3, 2], narrow: [1, 3], extra: true },
  kafdrop: { wide: [2, 0], narrow: [1, 1], extra: true },
  setup: { wide: [3, 0], narrow: [1, 4] },
  processor: { wide: [3, 1], narrow: [0, 4] },
  cassandra: { wide: [4, 1], narrow: [0, 5] },
  "cassandra-web": { wide: [4, 2], narrow: [1, 5], extra: true },
  batch: { wide: [4, 0], narrow: [1, 6], extra: true },
  grafana: { wide: [5, 0.5], narrow: [0, 7] },
  dashboard: { wide: [5, 1.5], narrow: [1, 7] },
  operator: { wide: [0, 2], narrow: [1, 0] },
} satisfies Record<string, NodePlaces>;

export type NodeName = keyof typeof PLACES;
export const NODES = Object.entries(PLACES) as readonly (readonly [NodeName, NodePlaces])[];

/** `data`: trades go along it. The others only need each other. */
export const EDGES: readonly (readonly [from: NodeName, to: NodeName, kind: "data" | "need"])[] = [
  ["finnhub", "producer", "data"],
  ["producer", "kafka", "data"],
  ["kafka", "processor", "data"],
  ["processor", "cassandra", "data"],
  ["cassandra", "grafana", "data"],
  ["cassandra", "dashboard", "data"],
  ["kafka", "zookeeper", "need"],
  ["kafka", "kafka-controller", "need"],
  ["kafka", "kafdrop", "need"],
  ["cassandra", "cassandra-web", "need"],
  ["cassandra", "batch", "need"],
  ["processor", "setup", "need"],
];

/** What the picture shows of a node. */
export interface ShownNode {
  state: ComponentState;
  word: string;
  /** Whether the page has a row for it. */
  listed: boolean;
}

/** What the picture shows of each node. */
export function nodesOf(
  { components, leader, throughput }: Pick<OperatorStatus, "components" | "leader" | "throughput">,
): Map<NodeName, ShownNode> {
  const known = new Map<string, ShownNode>(
    components.map(({ name, ready, state, wanted }) => {
      const word = wanted > 0 && state !== "off" ? `${state} ${ready}/${wanted}` : state;
      return [name, { state, word, listed: true }];
    }),
  );
  known.set("finnhub", { ...feed(throughput?.producerConnected), listed: false });
  known.set("operator", {
    state: leader ? "ready" : "waiting",
    word: leader ? "leads" : "stands by",
    listed: false,
  });
  const shown = new Map<NodeName, ShownNode>();
  for (const [name, { extra }] of NODES) {
    const node = known.get(name) ?? { state: "off", word: "off", listed: false };
    if (!extra || node.state !== "off") shown.set(name, node);
  }
  return shown;
}

function feed(connected: boolean | undefined): { state: ComponentState; word: string } {
  if (connected === undefined) return { state: "off", word: "not known" };
  return connected ? { state: "ready", word: "connected" } : { state: "degraded", word: "not connected" };
}

/** The picture in words. */
export function describe(shown: ReadonlyMap<NodeName, ShownNode>): string {
  return `From Finnhub to the dashboards: ${
    [...shown].map(([name, { word }]) => `${name} ${word}`).join(", ")
  }`;
}
