/** Part of the time that all processors of the machine worked between two readings of /proc/stat, 0 to 1. */
export function busyPart(before: string, after: string): number {
  const [first, second] = [before, after].map((text) => {
    const line = /^cpu +(.*)$/m.exec(text)?.[1];
    if (line === undefined) throw new Error("/proc/stat has no line of all processors");
    const times = line.split(" ").map(Number);
    // Idle, and idle while a disk is waited for. What guests took counts as user time already.
    return { idle: times[3]! + times[4]!, all: times.slice(0, 8).reduce((sum, time) => sum + time, 0) };
  });
  const all = second!.all - first!.all;
  return all === 0 ? 0 : 1 - (second!.idle - first!.idle) / all;
}

const LOOK_MS = 500;

/**
 * Waits until the machine is quiet: servers compact and collect garbage after much work.
 *
 * @returns whether it became so within a minute
 */
export async function quiet(limit = 0.15): Promise<boolean> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    const before = await Deno.readTextFile("/proc/stat");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (busyPart(before, await Deno.readTextFile("/proc/stat")) < limit) return true;
  }
  return false;
}
