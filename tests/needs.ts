const NEEDED = ["net", "read", "run", "env", "write"] as const;

const missing = NEEDED.filter((name) => Deno.permissions.querySync({ name }).state !== "granted");

/** Whether tests that need servers, processes or files can run. */
export const permitted = missing.length === 0;

const lacking = permitted ? undefined : `needs ${missing[0]} permission; run make test`;

type Test = (t: Deno.TestContext) => Promise<void>;

/**
 * Registers a test that needs servers, processes or files. Without the permissions for them it is ignored, and its name
 * says why.
 *
 * @param leavesTimers whether a client library that it uses may leave timers behind: Deno counts them as its failure
 */
export function integrationTest(name: string, fn: Test, leavesTimers = false): void {
  register(name, fn, lacking, !leavesTimers);
}

/**
 * As {@link integrationTest}, for what needs something that a checkout may be without.
 *
 * @param absent what is not there; undefined when it is
 */
export function integrationTestUnless(absent: string | undefined, name: string, fn: Test): void {
  register(name, fn, lacking ?? absent);
}

/** As {@link integrationTest}, for what only root may do on Linux, like running containers. */
export function rootTest(name: string, fn: Test): void {
  if (!permitted) return register(name, fn, `needs ${missing[0]} permission; run make e2e`);
  const root = Deno.build.os === "linux" && Deno.uid() === 0;
  register(name, fn, root ? undefined : "needs root on Linux");
}

function register(name: string, fn: Test, reason: string | undefined, watchTimers = true): void {
  const ignore = reason !== undefined;
  Deno.test({
    name: ignore ? `${name} (ignored: ${reason})` : name,
    ignore,
    // Deno 2.6 counts timers among the resources.
    sanitizeOps: watchTimers,
    sanitizeResources: watchTimers,
    fn,
  });
}

/** A number from the environment, for tests that last as long as one says; the default without the permission to look. */
export function secondsFrom(name: string, preset: number): number {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return Number((state === "granted" ? Deno.env.get(name) : undefined) ?? preset);
}
