/** A short, stable hash (FNV-1a, 64 bits as two of 32) of a value's JSON, its keys in order. */
export function hash(value: unknown): string {
  const text = typeof value === "string" ? value : canonical(value);
  let [low, high] = [0x811c9dc5, 0x01000193];
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(i), 0x85ebca6b) + i | 0;
  }
  const hex = (part: number) => (part >>> 0).toString(16).padStart(8, "0");
  return hex(low) + hex(high);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, each]) => each !== undefined).sort(([a], [b]) =>
    a < b ? -1 : 1
  );
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(",")}}`;
}
