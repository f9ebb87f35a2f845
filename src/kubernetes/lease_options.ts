import type { Logger } from "../telemetry/log.ts";
import type { Cluster } from "./cluster.ts";

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
