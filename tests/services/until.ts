export interface UntilOptions {
  /** Milliseconds after which to give up. Default 60,000. */
  deadline?: number;
  /** Milliseconds between two looks. Default 50. */
  interval?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Looks at a condition until it holds.
 *
 * @param what completes "gave up waiting for …"
 * @param check resolves to true, or to a word on why it does not hold yet; what it throws ends the wait
 */
export async function until(
  what: string,
  check: () => Promise<true | string>,
  { deadline = 60_000, interval = 50, signal }: UntilOptions = {},
): Promise<void> {
  const started = performance.now();
  while (true) {
    signal?.throwIfAborted();
    const answer = await check();
    if (answer === true) return;
    if (performance.now() - started > deadline) {
      throw new Error(`gave up waiting for ${what} after ${deadline / 1000} s: ${answer}`);
    }
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
}
