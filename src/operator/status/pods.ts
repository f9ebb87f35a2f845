import type { KubernetesObject } from "../../kubernetes/cluster.ts";

interface ContainerStatus {
  name: string;
  image?: string;
  ready?: boolean;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string }; running?: { startedAt?: string } };
  lastState?: { terminated?: { reason?: string; exitCode?: number } };
}

interface PodStatus {
  phase?: string;
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
}

/** Longest text of another's that is passed on, in characters. */
const MOST = 300;

/** What is wrong with a pod, in plain words; undefined when nothing is, or when it is just starting. */
export function podTrouble(pod: KubernetesObject): string | undefined {
  const { conditions, containerStatuses = [], initContainerStatuses = [], phase } =
    (pod.status ?? {}) as PodStatus;
  const { name, namespace } = pod.metadata;
  const unscheduled = conditions?.find(({ reason, type }) =>
    type === "PodScheduled" && reason === "Unschedulable"
  );
  if (unscheduled) return `${name} fits on no node: ${short(unscheduled.message)}`;
  for (const status of [...initContainerStatuses, ...containerStatuses]) {
    const trouble = containerTrouble(name, namespace, status);
    if (trouble !== undefined) return trouble;
  }
  return phase === "Failed" ? `${name} failed` : undefined;
}

function containerTrouble(
  pod: string,
  namespace: string | undefined,
  status: ContainerStatus,
): string | undefined {
  const { image, lastState, restartCount = 0, state } = status;
  const { message, reason } = state?.waiting ?? {};
  const kubectl = namespace === undefined ? "kubectl" : `kubectl -n ${namespace}`;
  const ended = lastState?.terminated;
  const cause = ended?.reason === "OOMKilled"
    ? "it needs more memory than its limit"
    : ended
    ? `it ended with exit code ${ended.exitCode}`
    : "see its log";
  switch (reason) {
    case "ImagePullBackOff":
    case "ErrImagePull":
    case "InvalidImageName":
    case "ErrImageNeverPull":
      return `${pod} cannot get its image ${image}: check spec.images, and spec.images.pullSecrets if it needs a login`;
    case "CrashLoopBackOff":
      return `${pod} starts and ends again and again (${restartCount} restarts): ${cause}; ${kubectl} logs ${pod} --previous`;
    case "CreateContainerConfigError": {
      const [, secret] = /secret "([^"]+)" not found/.exec(message ?? "") ?? [];
      return secret === undefined
        ? `${pod} lacks a part of its configuration: ${short(message)}`
        : `there is no Secret ${secret}: ${kubectl} create secret generic ${secret} --from-literal=token=YOUR_FINNHUB_TOKEN`;
    }
    case undefined:
    case "ContainerCreating":
    case "PodInitializing":
      return undefined;
    default:
      return `${pod} cannot start: ${reason}${message ? `, ${short(message)}` : ""}`;
  }
}

function short(text = "no reason given"): string {
  return text.length <= MOST ? text : `${text.slice(0, MOST)}…`;
}

/** The image's tag that most of a component's pods run. */
export function versionOf(image: string): string {
  const tag = image.slice(image.lastIndexOf("/") + 1);
  const at = tag.search(/[:@]/);
  return at < 0 ? "latest" : tag.slice(at + 1);
}
