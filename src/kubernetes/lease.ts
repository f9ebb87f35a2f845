import { delay, firstOf, isAbort } from "../async/wait.ts";
import { HeldLease } from "./held_lease.ts";
import type { Filled, LeaseOptions } from "./lease_options.ts";

/** The work did not stop in time: another process may be the leader by now, so this one has to end. */
export class LeaseOverrun extends Error {
  override readonly name = "LeaseOverrun";
}

/**
 * Runs `work` while this process holds a Lease; campaigns until then, and again when it was lost. Returns when `work`
 * has returned by itself or the signal is aborted; the lease is released then, so that a successor need not wait.
 *
 * Two processes never work at once as long as `work` stops within `duration - renewDeadline` of its signal: its signal
 * is aborted `renewDeadline` after the last renewal that was acknowledged, counted from when that was sent, and others
 * wait `duration` from when they saw it. Clocks are not compared, only how fast they go.
 *
 * @throws what `work` throws; {@linkcode LeaseOverrun} when it does not stop.
 */
export async function runWithLease(
  options: LeaseOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const filled: Filled = {
    duration: 15_000,
    renewEvery: 5_000,
    renewDeadline: 10_000,
    retryEvery: 1_000,
    ...options,
  };
  if (!(filled.renewEvery < filled.renewDeadline && filled.renewDeadline < filled.duration)) {
    throw new RangeError("a lease needs renewEvery < renewDeadline < duration");
  }
  const lease = new HeldLease(filled);
  while (!filled.signal.aborted) {
    if (!await lease.acquire()) return;
    filled.log.info("leader", { lease: filled.name, identity: filled.identity });
    filled.onChange?.(true);
    try {
      if (await lead(lease, filled, work) === "done") return;
    } finally {
      filled.onChange?.(false);
    }
  }
}

/** Works and renews until the work has ended or the lease is lost. */
async function lead(
  lease: HeldLease,
  { duration, log, renewDeadline, signal }: Filled,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<"done" | "lost"> {
  const stop = new AbortController();
  using until = firstOf(signal, stop.signal);
  const finished = outcome(work(until.signal), until.signal);
  const renewing = new AbortController();
  const lost = lease.renew(renewing.signal);
  // While stopping the lease is still renewed: nobody else begins before the work has ended.
  const reason = await Promise.race([finished.then(() => undefined), lost]);
  if (reason === undefined) {
    renewing.abort();
    await lost;
    await lease.release();
  } else {
    log.warn("leadership lost; the work stops", { reason });
    stop.abort(new DOMException("leadership was lost", "AbortError"));
    if (!await within(duration - renewDeadline, finished)) {
      throw new LeaseOverrun("the work did not stop before the lease could lapse: the process has to end");
    }
  }
  const { error } = await finished;
  if (error !== undefined) throw error;
  return reason === undefined || signal.aborted ? "done" : "lost";
}

/** How the work ended; that it was told to is no error. */
async function outcome(work: Promise<void>, signal: AbortSignal): Promise<{ error?: unknown }> {
  try {
    await work;
    return {};
  } catch (error) {
    return isAbort(error, signal) ? {} : { error };
  }
}

async function within(ms: number, event: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(ms, timer.signal).then(() => false, () => true);
  const happened = await Promise.race([event.then(() => true), late]);
  timer.abort();
  return happened;
}
