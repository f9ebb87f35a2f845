const NEEDED = ["net", "read", "run", "env", "write"] as const;

const missing = NEEDED.filter((name) => Deno.permissions.querySync({ name }).state !== "granted");

/** Whether tests that need servers, processes or files can run. */
export const permitted = missing.length === 0;

/**
 * Registers a test that needs servers, processes or files. Without the permissions for them it is ignored, and its name
 * says why.
 */
export function integrationTest(name: string, fn: (t: Deno.TestContext) => Promise<void>): void {
  const reason = permitted ? "" : ` (ignored: needs ${missing[0]} permission; run make test)`;
  Deno.test({ name: name + reason, ignore: !permitted, fn });
}
