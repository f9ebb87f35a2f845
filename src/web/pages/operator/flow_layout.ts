import { type NodeName, NODES, type Shape, type ShownNode } from "./flow_nodes.ts";

/** Sizes of a picture, and where its nodes stand. */
export interface Layout {
  width: number;
  height: number;
  node: { width: number; height: number };
  /** The upper left corner of each node. */
  at: Map<NodeName, Point>;
}

export interface Point {
  x: number;
  y: number;
}

const SIZES = {
  wide: { width: 152, height: 70, pitchX: 178, pitchY: 104, columns: 6 },
  narrow: { width: 158, height: 62, pitchX: 174, pitchY: 88, columns: 2 },
};
const MARGIN = 6;
const BETWEEN_ROWS = SIZES.narrow.pitchY - SIZES.narrow.height;

/** Where the nodes stand; a row in which nothing is shown takes no place. */
export function layoutOf(shape: Shape, shown: ReadonlyMap<NodeName, ShownNode>): Layout {
  const { columns, height, pitchX, pitchY, width } = SIZES[shape];
  const places = NODES.filter(([name]) => shown.has(name)).map(([name, places]) =>
    [name, places[shape]] as const
  );
  const rows = [...new Set(places.map(([, [, row]]) => Math.floor(row)))].sort((a, b) => a - b);
  const at = new Map(
    places.map(([name, [column, row]]) => {
      const shownRow = rows.indexOf(Math.floor(row)) + row % 1;
      return [name, { x: MARGIN + column * pitchX, y: MARGIN + shownRow * pitchY }];
    }),
  );
  return {
    width: MARGIN * 2 + (columns - 1) * pitchX + width,
    height: MARGIN * 2 + (rows.length - 1) * pitchY + height,
    node: { width, height },
    at,
  };
}

/** A line between nodes of this size, as SVG has it: from the middle of one side to the middle of the facing one. */
export function pathBetween(from: Point, to: Point, { height, width }: Layout["node"]): string {
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
