import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMPONENTS } from "../../../../src/operator/components/table.ts";
import type { ComponentStatus, OperatorStatus } from "../../../../src/operator/status/operator_status.ts";
import { layoutOf, pathBetween } from "../../../../src/web/pages/operator/flow_layout.ts";
import { describe, EDGES, NODES, nodesOf } from "../../../../src/web/pages/operator/flow_nodes.ts";

const component = (name: string, changes: Partial<ComponentStatus> = {}): ComponentStatus => ({
  name,
  kind: "Deployment",
  state: "ready",
  ready: 1,
  wanted: 1,
  version: "",
  message: "",
  ...changes,
});
const status = (components: ComponentStatus[], throughput?: OperatorStatus["throughput"]) => ({
  components,
  leader: true,
  ...(throughput === undefined ? {} : { throughput }),
});

Deno.test("every component has its place in the picture, and no place is taken twice", () => {
  assertEquals(
    NODES.map(([name]) => name as string).sort(),
    [...COMPONENTS, "finnhub", "operator"].sort(),
  );
  for (const shape of ["wide", "narrow"] as const) {
    assertEquals(new Set(NODES.map(([, places]) => String(places[shape]))).size, NODES.length, shape);
  }
});

Deno.test("every node but the operator is reached by an edge", () => {
  const reached = new Set(EDGES.flatMap(([from, to]) => [from, to]));
  assertEquals(NODES.filter(([name]) => !reached.has(name)).map(([name]) => name), ["operator"]);
});

Deno.test("what may be asked for is shown when it was; the way of a trade always is", () => {
  const none = nodesOf(status([component("batch", { state: "off", wanted: 0 })]));
  assert(!none.has("batch") && !none.has("kafdrop"));
  assert(!none.has("zookeeper") && !none.has("kafka-controller"));
  assertEquals(none.get("kafka"), { state: "off", word: "off", listed: false });
  assert(nodesOf(status([component("batch")])).has("batch"));
});

Deno.test("a node's word counts its pods, where there are to be any", () => {
  const shown = nodesOf(status([
    component("kafka", { state: "progressing", ready: 1, wanted: 3 }),
    component("setup", { wanted: 0 }),
  ]));
  assertEquals([shown.get("kafka")?.word, shown.get("setup")?.word], ["progressing 1/3", "ready"]);
  assertStringIncludes(describe(shown), "kafka progressing 1/3, ");
});

Deno.test("the feed is connected, is not, or is not known", () => {
  const feed = (throughput?: OperatorStatus["throughput"]) => nodesOf(status([], throughput)).get("finnhub");
  const numbers = { tradesPerSecond: 0, lagRecords: 0 };
  assertEquals(feed()?.word, "not known");
  assertEquals(feed({ ...numbers, producerConnected: true })?.state, "ready");
  assertEquals(feed({ ...numbers, producerConnected: false })?.state, "degraded");
});

Deno.test("a row of the picture in which nothing is shown takes no place", () => {
  const few = nodesOf(status([]));
  const all = nodesOf(status(COMPONENTS.map((name) => component(name))));
  assert(layoutOf("narrow", few).height < layoutOf("narrow", all).height);
  const { at, height, node, width } = layoutOf("wide", all);
  for (const [name, { x, y }] of at) {
    assert(x >= 0 && y >= 0 && x + node.width <= width && y + node.height <= height, name);
  }
});

Deno.test("a line starts and ends at facing sides", () => {
  const node = { width: 100, height: 50 };
  const from = { x: 0, y: 100 };
  assertEquals(pathBetween(from, { x: 200, y: 100 }, node), "M100 125C149 125 149 125 198 125");
  assertEquals(pathBetween(from, { x: 0, y: 200 }, node), "M50 150V198");
  assertEquals(pathBetween(from, { x: 0, y: 0 }, node), "M50 100V50");
});
