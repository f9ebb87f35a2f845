/** A profile of V8, as far as it is read here. Source: the DevTools protocol, Profiler.Profile. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[];
  /** The node that was on top at each sample. */
  samples: number[];
  /** Microseconds since the sample before. */
  timeDeltas: number[];
}

/** What the processor does with a batch, in its order, and what the runtime does beside. */
export const STAGES = [
  "fetch (kafkajs)",
  "decode (Avro)",
  "fold",
  "pack",
  "write (driver)",
  "own code, other",
  "sockets and timers of the runtime",
  "garbage collection",
  "native code",
  "idle",
] as const;
export type Stage = typeof STAGES[number];

/** By where a function is; the first that fits. */
const PLACES: readonly [RegExp, Stage][] = [
  [/\/kafkajs\//, "fetch (kafkajs)"],
  [/\/src\/kafka\//, "fetch (kafkajs)"],
  [/\/avsc\/|\/src\/processing\/decode|\/src\/market\/message/, "decode (Avro)"],
  [/\/src\/cassandra\/|\/src\/processing\/trade_groups/, "pack"],
  [/\/cassandra-driver\//, "write (driver)"],
  [/\/src\/processing\/|\/src\/market\//, "fold"],
  [/\/src\//, "own code, other"],
  [/^(ext|node):/, "sockets and timers of the runtime"],
];

const ENGINE: Readonly<Record<string, Stage>> = {
  "(garbage collector)": "garbage collection",
  "(idle)": "idle",
  "(program)": "native code",
};

/**
 * Milliseconds of each stage. The time of a library without a place of its own, such as a buffer's, is that of whoever called it.
 */
export function timeByStage({ nodes, samples, timeDeltas }: CpuProfile): Map<Stage, number> {
  const parents = new Map(nodes.flatMap(({ children = [], id }) => children.map((child) => [child, id])));
  const frames = new Map(nodes.map(({ callFrame, id }) => [id, callFrame]));
  const known = new Map<number, Stage>();
  const stageOf = (id: number): Stage => {
    const found = known.get(id);
    if (found) return found;
    const { functionName, url } = frames.get(id)!;
    const parent = parents.get(id);
    const own = ENGINE[functionName] ?? PLACES.find(([place]) => place.test(url))?.[1];
    // The runtime's own parts work for whoever called them.
    const called = parent !== undefined && (own === undefined || own === "sockets and timers of the runtime")
      ? stageOf(parent)
      : undefined;
    const stage = called !== undefined && called !== "native code" ? called : own ?? "native code";
    known.set(id, stage);
    return stage;
  };
  const times = new Map<Stage, number>();
  samples.forEach((id, i) => {
    const stage = stageOf(id);
    times.set(stage, (times.get(stage) ?? 0) + (timeDeltas[i] ?? 0) / 1000);
  });
  return times;
}

/** The stages as lines of a table, with their part of the time in which something was done. */
export function stageTable(times: ReadonlyMap<Stage, number>, trades: number): string[] {
  const busy = [...times].reduce((sum, [stage, ms]) => stage === "idle" ? sum : sum + ms, 0);
  const rows = STAGES.filter((stage) => (times.get(stage) ?? 0) > 0).map((stage) => {
    const ms = times.get(stage)!;
    return [
      stage,
      `${Math.round(ms)} ms`,
      stage === "idle" ? "" : `${(ms / busy * 100).toFixed(0)} %`,
      stage === "idle" ? "" : `${(ms / trades * 1000).toFixed(2)} µs`,
    ];
  });
  const all = [["stage", "time", "part", "a trade"], ...rows];
  const widths = all[0]!.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  return all.map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!)).join("  ").trimEnd()
  );
}
