/** The way of a trade as a picture: who hands it to whom, and how each of them is. */
import type { ComponentState, OperatorStatus } from "../../../operator/status/operator_status.ts";
import { setText, svg } from "../shared/dom.ts";
import { type Layout, layoutOf, pathBetween, type Point } from "./flow_layout.ts";
import { describe, EDGES, type NodeName, nodesOf, type Shape, type ShownNode } from "./flow_nodes.ts";

/** Characters that fit into a box in the usual size, and in a smaller one. */
const LONG_NAME = 11;
const LONGEST_NAME = 14;

type Drawing = readonly [
  tag: "circle" | "path" | "rect",
  attributes: Readonly<Record<string, string | number>>,
];

/** Shapes that differ without colour too. */
const MARKS: Record<ComponentState, readonly Drawing[]> = {
  ready: [
    ["circle", { r: 11, class: "fill" }],
    ["path", { d: "M-5 0l3.5 4L5-4", class: "sign" }],
  ],
  progressing: [
    ["circle", { r: 10, class: "ring" }],
    ["path", { d: "M0-10a10 10 0 0 1 10 10", class: "turn" }],
  ],
  degraded: [
    ["path", { d: "M0-12L12.5 10h-25z", class: "fill" }],
    ["path", { d: "M0-5v7M0 6v.5", class: "sign" }],
  ],
  waiting: [
    ["rect", { x: -10, y: -10, width: 20, height: 20, rx: 4, class: "fill" }],
    ["path", { d: "M-5 0h.1M0 0h.1M5 0h.1", class: "sign dots" }],
  ],
  off: [["circle", { r: 10, class: "hollow" }]],
};

/** The elements of a node that change. */
interface Box {
  link: SVGAElement;
  mark: SVGGElement;
  word: SVGTextElement;
}

interface Edge {
  line: SVGPathElement;
  from: NodeName;
  to: NodeName;
  kind: "data" | "need";
}

interface Picture {
  /** What it was drawn for. */
  key: string;
  svg: SVGSVGElement;
  boxes: Map<NodeName, Box>;
  edges: Edge[];
}

/** Draws into `container` and returns the function that shows a status. It is drawn anew only for another shape. */
export function makeFlow(container: HTMLElement): (status: OperatorStatus, shape: Shape) => void {
  let picture: Picture | undefined;
  return (status, shape) => {
    const shown = nodesOf(status);
    const key = `${shape} ${[...shown.keys()]}`;
    if (picture?.key !== key) {
      picture = draw(key, shape, shown);
      container.replaceChildren(picture.svg);
    }
    for (const [name, box] of picture.boxes) show(box, name, shown.get(name)!);
    const moving = (status.throughput?.tradesPerSecond ?? 0) > 0;
    for (const { from, kind, line, to } of picture.edges) {
      const up = (name: NodeName) => shown.get(name)?.state === "ready";
      line.dataset.live = String(kind === "data" && moving && up(from) && up(to));
    }
    picture.svg.setAttribute("aria-label", describe(shown));
  };
}

function draw(key: string, shape: Shape, shown: ReadonlyMap<NodeName, ShownNode>): Picture {
  const { at, height, node, width } = layoutOf(shape, shown);
  const edges = EDGES.flatMap(([from, to, kind]): Edge[] => {
    const [start, end] = [at.get(from), at.get(to)];
    if (!start || !end) return [];
    const line = svg("path", {
      d: pathBetween(start, end, node),
      class: `edge ${kind}`,
      ...(kind === "data" ? { "marker-end": "url(#tip)" } : {}),
    });
    return [{ line, from, to, kind }];
  });
  const boxes = new Map([...at].map(([name, place]) => [name, box(name, place, node)]));
  const tip = {
    id: "tip",
    viewBox: "0 0 8 8",
    refX: 7,
    refY: 4,
    markerWidth: 11,
    markerHeight: 11,
    markerUnits: "userSpaceOnUse",
    orient: "auto",
  };
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "group", class: shape },
    svg("defs", {}, svg("marker", tip, svg("path", { d: "M0 0l8 4-8 4z", class: "tip" }))),
    ...edges.map(({ line }) => line),
    ...[...boxes.values()].map(({ link }) => link),
  );
  return { key, svg: picture, boxes, edges };
}

function box(name: NodeName, { x, y }: Point, { height, width }: Layout["node"]): Box {
  const mark = svg("g", { class: "mark", transform: `translate(24 ${height / 2})` });
  const title = svg("text", { x: 44, y: height / 2 - 5, class: "name" });
  const word = svg("text", { x: 44, y: height / 2 + 15, class: "word" });
  title.textContent = name;
  if (name.length > LONG_NAME) title.classList.add(name.length > LONGEST_NAME ? "longest" : "long");
  const frame = svg("rect", { width, height, rx: 12, class: "frame" });
  const link = svg("a", { transform: `translate(${x} ${y})`, class: "node" }, frame, mark, title, word);
  return { link, mark, word };
}

function show({ link, mark, word }: Box, name: NodeName, node: ShownNode): void {
  setText(word, node.word);
  if (node.listed) link.setAttribute("href", `#c-${name}`);
  link.setAttribute("aria-label", `${name}: ${node.word}`);
  if (link.dataset.state === node.state) return;
  link.dataset.state = node.state;
  mark.replaceChildren(...MARKS[node.state].map(([tag, attributes]) => svg(tag, attributes)));
}
