const UNITS: Record<string, number> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** The number that a Kubernetes quantity stands for, such as 0.25 for `250m`; undefined when it is none. */
export function quantity(value: unknown): number | undefined {
  const [, digits, unit] = /^([0-9]+(?:\.[0-9]+)?)([a-zA-Z]*)$/.exec(String(value)) ?? [];
  const factor = UNITS[unit ?? "none"];
  return factor === undefined ? undefined : Number(digits) * factor;
}
