/** A time in hours, and a size. */
export type Point = [hours: number, size: number];

/** Hours of which the lowest point counts: some minutes, in which the whole heap is collected at least once. */
const STRETCH_H = 3 / 60;

/** The lowest of each three minutes, which a garbage collector leaves. */
export function lowest(points: readonly Point[]): Point[] {
  const found = new Map<number, Point>();
  for (const point of points) {
    const stretch = Math.floor(point[0] / STRETCH_H);
    const known = found.get(stretch);
    if (known === undefined || point[1] < known[1]) found.set(stretch, point);
  }
  return [...found.values()];
}

/**
 * By how much the least that is held rises an hour: of the lowest of each three minutes the median slope of all pairs (Theil and
 * Sen), which a few odd ones do not move. A part below a half asks for more certainty: so much rises even by the slopes that are
 * only steeper than that part of them.
 */
export function risingBy(points: readonly Point[], part = 0.5): number {
  const lows = lowest(points);
  const slopes = lows.flatMap(([x, y], i) => lows.slice(i + 1).map(([x2, y2]) => (y2 - y) / (x2 - x)));
  slopes.sort((a, b) => a - b);
  const at = slopes.length * part;
  return slopes.length === 0 ? 0 : (slopes[Math.max(0, Math.ceil(at) - 1)]! + slopes[Math.floor(at)]!) / 2;
}
