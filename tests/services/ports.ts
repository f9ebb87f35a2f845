/** Below the range from which Linux takes the local ports of outgoing connections. */
const LOWEST = 15_000;
const HIGHEST = 32_000;

/**
 * Finds ports that are free on all of `hosts`.
 *
 * Not by asking for port 0: that gives ports which any outgoing connection may take while a killed server is down, and
 * then it could not come back on its port.
 */
export function freePorts(count: number, hosts: readonly string[] = ["127.0.0.1"]): number[] {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > 1000) throw new Error(`no free port between ${LOWEST} and ${HIGHEST} on ${hosts.join(", ")}`);
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (hosts.every((hostname) => isFree(hostname, port))) ports.add(port);
  }
  return [...ports];
}

function isFree(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
