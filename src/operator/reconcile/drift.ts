import { quantity } from "../quantity.ts";

/**
 * Where a live object differs from what is wanted, as a path such as `spec.replicas`; undefined where it has all that is
 * wanted. What the live object has besides, such as the server's defaults, is no difference.
 */
export function difference(wanted: unknown, live: unknown, path = ""): string | undefined {
  if (wanted === undefined || wanted === null) return undefined;
  if (typeof wanted !== "object") return same(wanted, live, path) ? undefined : path;
  if (Array.isArray(wanted)) {
    // An empty list is stored as none.
    if (wanted.length === 0) return Array.isArray(live) && live.length > 0 ? path : undefined;
    if (!Array.isArray(live) || live.length !== wanted.length) return path;
    return first(wanted.map((each, i) => difference(each, live[i], `${path}[${i}]`)));
  }
  if (typeof live !== "object" || live === null) return Object.keys(wanted).length === 0 ? undefined : path;
  return first(
    Object.entries(wanted).map(([key, each]) =>
      difference(each, (live as Record<string, unknown>)[key], path === "" ? key : `${path}.${key}`)
    ),
  );
}

const first = (paths: (string | undefined)[]): string | undefined => paths.find((path) => path !== undefined);

function same(wanted: unknown, live: unknown, path: string): boolean {
  if (wanted === live) return true;
  // The server writes 1024Mi as 1Gi.
  if (!/\.(requests|limits)\./.test(path)) return false;
  const amount = quantity(wanted);
  return amount !== undefined && amount === quantity(live);
}
