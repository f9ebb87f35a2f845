import type { Logger } from "../telemetry/log.ts";
import { delay, firstOf, isAbort } from "../wait.ts";
import type { Cluster } from "./cluster.ts";
import { HeldLease } from "./held_lease.ts";

export interface LeaseOptions {
  cluster: Cluster;
  namespace: string;
  name: string;
  /** Who this candidate is; never the same for two processes, nor for a process and its successor. */
  identity: string;
  /** Milliseconds for which others let the holder be after its last renewal. Default 15,000. */
  duration?: number;
  /** Milliseconds between renewals. Default 5,000. */
  renewEvery?: number;
  /** Milliseconds after the last renewal at which the work is stopped; below `duration`. Default 10,000. */
  renewDeadline?: number;
  /** Milliseconds between looks of a candidate, and between attempts to renew after a failure. Default 1,000. */
  retryEvery?: number;
  /** Monotonic milliseconds: by these the lease is judged. */
  now(): number;
  /** Milliseconds since the epoch: written into the lease for people, judged by nobody. */
  wallClock(): number;
  /** Uniform in [0, 1). */
  random(): number;
  log: Logger;
  /** Stops the candidate, and the leader: the lease is given back then. */
  signal: AbortSignal;
  onChange?(leader: boolean): void;
}

/** With defaults filled in. */
export type Filled = Required<Omit<LeaseOptions, "onChange">> & Pick<LeaseOptions, "onChange">;

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
