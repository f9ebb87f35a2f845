import type { Observed, ObservedCondition } from "../reconcile/observed.ts";

/** A container's status, as far as it is looked at. */
export interface ContainerStatus {
  name: string;
  image?: string;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string }; running?: { startedAt?: string } };
  lastState?: { terminated?: { reason?: string; exitCode?: number; finishedAt?: string } };
}

/** A pod's status, as far as it is looked at. */
export interface PodStatus {
  phase?: string;
  conditions?: ObservedCondition[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
}

/** What a pod is judged by, besides itself. */
export interface Look {
  /** Milliseconds since the epoch. */
  now: number;
  /** The Secret that people make. */
  tokenSecret: { name: string; key: string };
  observed: Observed;
}

/** How commands for a namespace begin. */
export const kubectlFor = (namespace: string | undefined): string =>
  namespace === undefined ? "kubectl" : `kubectl -n ${namespace}`;
