/** A time in hours, and a size. */
export type Point = [hours: number, size: number];

const MINUTE_H = 1 / 60;

/** The lowest of each minute, which a garbage collector leaves. */
export function lowest(points: readonly Point[]): Point[] {
  const found = new Map<number, Point>();
  for (const point of points) {
    const minute = Math.floor(point[0] / MINUTE_H);
    const known = found.get(minute);
    if (known === undefined || point[1] < known[1]) found.set(minute, point);
  }
  return [...found.values()];
}

/**
 * By how much the least that is held rises an hour: of the lowest of each minute the median slope of all pairs (Theil and Sen), which
 * a few odd minutes do not move.
 */
export function risingBy(points: readonly Point[]): number {
  const minutes = lowest(points);
  const slopes = minutes.flatMap(([x, y], i) => minutes.slice(i + 1).map(([x2, y2]) => (y2 - y) / (x2 - x)));
  slopes.sort((a, b) => a - b);
  const middle = slopes.length / 2;
  return slopes.length === 0 ? 0 : (slopes[Math.ceil(middle) - 1]! + slopes[Math.floor(middle)]!) / 2;
}
