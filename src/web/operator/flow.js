/** The way of a trade as a picture: who hands it to whom, and how each of them is. */

const NS = "http://www.w3.org/2000/svg";

/** Nodes by column and row: in a wide picture from left to right, in a narrow one from top to bottom. */
const NODES = [
  { name: "finnhub", wide: [0, 1], narrow: [0, 0] },
  { name: "producer", wide: [1, 1], narrow: [0, 1] },
  { name: "kafka", wide: [2, 1], narrow: [0, 2] },
  { name: "zookeeper", wide: [2, 2], narrow: [1, 2] },
  { name: "kafdrop", wide: [2, 0], narrow: [1, 1], extra: true },
  { name: "setup", wide: [3, 0], narrow: [1, 3] },
  { name: "processor", wide: [3, 1], narrow: [0, 3] },
  { name: "cassandra", wide: [4, 1], narrow: [0, 4] },
  { name: "cassandra-web", wide: [4, 2], narrow: [1, 4], extra: true },
  { name: "batch", wide: [4, 0], narrow: [1, 5], extra: true },
  { name: "grafana", wide: [5, 0.5], narrow: [0, 6] },
  { name: "dashboard", wide: [5, 1.5], narrow: [1, 6] },
  { name: "operator", wide: [0, 2], narrow: [1, 0] },
];

/** `data`: trades go along it. The others only need each other. */
const EDGES = [
  ["finnhub", "producer", "data"],
  ["producer", "kafka", "data"],
  ["kafka", "processor", "data"],
  ["processor", "cassandra", "data"],
  ["cassandra", "grafana", "data"],
  ["cassandra", "dashboard", "data"],
  ["kafka", "zookeeper", "need"],
  ["kafka", "kafdrop", "need"],
  ["cassandra", "cassandra-web", "need"],
  ["cassandra", "batch", "need"],
  ["processor", "setup", "need"],
];

const SIZES = {
  wide: { width: 152, height: 70, pitchX: 178, pitchY: 104, columns: 6 },
  narrow: { width: 158, height: 62, pitchX: 174, pitchY: 88, columns: 2 },
};
const MARGIN = 6;
const BETWEEN_ROWS = SIZES.narrow.pitchY - SIZES.narrow.height;

/** Characters that fit into a box in the usual size. */
const LONG_NAME = 11;

/** Shapes that differ without colour too. */
const MARKS = {
  ready: [["circle", { r: 11, class: "fill" }], ["path", { d: "M-5 0l3.5 4L5-4", class: "sign" }]],
  progressing: [["circle", { r: 10, class: "ring" }], ["path", {
    d: "M0-10a10 10 0 0 1 10 10",
    class: "turn",
  }]],
  degraded: [["path", { d: "M0-12L12.5 10h-25z", class: "fill" }], ["path", {
    d: "M0-5v7M0 6v.5",
    class: "sign",
  }]],
  waiting: [["rect", { x: -10, y: -10, width: 20, height: 20, rx: 4, class: "fill" }], [
    "path",
    { d: "M-5 0h.1M0 0h.1M5 0h.1", class: "sign dots" },
  ]],
  off: [["circle", { r: 10, class: "hollow" }]],
};

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Draws into `container` and returns the function that shows a status. It is drawn anew only for another shape. */
export function makeFlow(container) {
  let drawn;
  return (status, shape) => {
    const shown = nodesOf(status);
    const key = `${shape} ${[...shown.keys()]}`;
    if (drawn?.key !== key) drawn = { key, ...draw(container, shape, shown) };
    for (const [name, node] of shown) show(drawn.nodes.get(name), name, node);
    const moving = (status.throughput?.tradesPerSecond ?? 0) > 0;
    for (const { edge, from, to, kind } of drawn.edges) {
      const up = (name) => shown.get(name)?.state === "ready";
      edge.dataset.live = kind === "data" && moving && up(from) && up(to);
    }
    drawn.picture.setAttribute("aria-label", describe(shown));
  };
}

/** What the picture shows of each node; components that nobody asked for are left out if they are no part of the way. */
function nodesOf({ components, leader, throughput }) {
  const known = new Map(components.map((component) => [component.name, component]));
  known.set("finnhub", {
    state: throughput === undefined ? "off" : throughput.producerConnected ? "ready" : "degraded",
    word: throughput === undefined
      ? "not known"
      : throughput.producerConnected
      ? "connected"
      : "not connected",
  });
  known.set("operator", { state: leader ? "ready" : "waiting", word: leader ? "leads" : "stands by" });
  const shown = new Map();
  for (const { extra, name } of NODES) {
    const component = known.get(name) ?? { state: "off" };
    if (!extra || component.state !== "off") shown.set(name, component);
  }
  return shown;
}

function draw(container, shape, shown) {
  const { columns, height, pitchX, pitchY, width } = SIZES[shape];
  const places = NODES.filter(({ name }) => shown.has(name)).map((node) => [node.name, ...node[shape]]);
  // A row in which nothing is shown takes no place.
  const rows = [...new Set(places.map(([, , row]) => Math.floor(row)))].sort((a, b) => a - b);
  const at = new Map(
    places.map(([name, column, row]) => {
      const shownRow = rows.indexOf(Math.floor(row)) + row % 1;
      return [name, { x: MARGIN + column * pitchX, y: MARGIN + shownRow * pitchY }];
    }),
  );
  const right = MARGIN * 2 + (columns - 1) * pitchX + width;
  const bottom = MARGIN * 2 + (rows.length - 1) * pitchY + height;
  const edges = EDGES.filter(([from, to]) => at.has(from) && at.has(to)).map(([from, to, kind]) => {
    const d = path(at.get(from), at.get(to), width, height);
    const edge = svg("path", {
      d,
      class: `edge ${kind}`,
      ...(kind === "data" ? { "marker-end": "url(#tip)" } : {}),
    });
    return { edge, from, to, kind };
  });
  const nodes = new Map([...at].map(([name, place]) => [name, box(name, place, width, height)]));
  const tip = svg(
    "marker",
    {
      id: "tip",
      viewBox: "0 0 8 8",
      refX: 7,
      refY: 4,
      markerWidth: 11,
      markerHeight: 11,
      markerUnits: "userSpaceOnUse",
      orient: "auto",
    },
    svg("path", { d: "M0 0l8 4-8 4z", class: "tip" }),
  );
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${right} ${bottom}`, role: "group", class: shape },
    svg("defs", {}, tip),
    ...edges.map(({ edge }) => edge),
    ...[...nodes.values()].map(({ link }) => link),
  );
  container.replaceChildren(picture);
  return { picture, nodes, edges };
}

/** From the middle of one side to the middle of the facing one. */
function path(from, to, width, height) {
  if (to.x > from.x) {
    const [x1, y1, x2, y2] = [from.x + width, from.y + height / 2, to.x - 2, to.y + height / 2];
    // What is below and beside a node in the narrow picture is reached from above, past what is between.
    if (to.y - from.y > height) {
      const above = to.y - BETWEEN_ROWS;
      return `M${from.x + width * 0.8} ${from.y + height}V${above}L${to.x + width / 4} ${to.y - 2}`;
    }
    const half = (x1 + x2) / 2;
    return `M${x1} ${y1}C${half} ${y1} ${half} ${y2} ${x2} ${y2}`;
  }
  const x = from.x + width / 2;
  return to.y > from.y ? `M${x} ${from.y + height}V${to.y - 2}` : `M${x} ${from.y}V${to.y + height}`;
}

function box(name, { x, y }, width, height) {
  const mark = svg("g", { class: "mark", transform: `translate(24 ${height / 2})` });
  const title = svg("text", { x: 44, y: height / 2 - 5, class: "name" });
  const word = svg("text", { x: 44, y: height / 2 + 15, class: "word" });
  title.textContent = name;
  if (name.length > LONG_NAME) title.classList.add("long");
  const frame = svg("rect", { width, height, rx: 12, class: "frame" });
  const link = svg("a", { transform: `translate(${x} ${y})`, class: "node" }, frame, mark, title, word);
  return { link, mark, word };
}

function show({ link, mark, word }, name, component) {
  const text = wordOf(component);
  if (word.textContent !== text) word.textContent = text;
  // Finnhub and the operator are no components: there is no row to go to.
  if (component.word === undefined && component.name) link.setAttribute("href", `#c-${name}`);
  link.setAttribute("aria-label", `${name}: ${text}`);
  if (link.dataset.state === component.state) return;
  link.dataset.state = component.state;
  mark.replaceChildren(...MARKS[component.state].map(([tag, attributes]) => svg(tag, attributes)));
}

function wordOf({ ready, state, wanted, word }) {
  if (word !== undefined) return word;
  return wanted > 0 && state !== "off" ? `${state} ${ready}/${wanted}` : state;
}

function describe(shown) {
  return `From Finnhub to the dashboards: ${
    [...shown].map(([name, node]) => `${name} ${wordOf(node)}`).join(", ")
  }`;
}
