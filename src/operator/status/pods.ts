import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import { OWN_SECRETS } from "../security/own_secrets.ts";
import { type ContainerStatus, kubectlFor, type Look, type PodStatus } from "./pod_types.ts";
import { outOfMemory, slowTrouble } from "./slow_pods.ts";

/** Longest text of another's that is passed on, in characters. */
const MOST = 300;

/** What is wrong with a pod, in plain words; undefined when nothing is, or when it is just starting. */
export function podTrouble(pod: KubernetesObject, look: Look): string | undefined {
  const { conditions, containerStatuses = [], initContainerStatuses = [], phase } =
    (pod.status ?? {}) as PodStatus;
  const { name } = pod.metadata;
  const unscheduled = conditions?.find(({ reason, type }) =>
    type === "PodScheduled" && reason === "Unschedulable"
  );
  const ends = pod.metadata.deletionTimestamp !== undefined;
  if (unscheduled && !ends) return `${name} fits on no node: ${short(unscheduled.message)}`;
  // What a pod that ends has not become is no trouble.
  for (const status of ends ? [] : [...initContainerStatuses, ...containerStatuses]) {
    const trouble = containerTrouble(pod, status, look);
    if (trouble !== undefined) return trouble;
  }
  return phase === "Failed" && !ends ? `${name} failed` : slowTrouble(pod, look);
}

function containerTrouble(
  { metadata: { name: pod, namespace } }: KubernetesObject,
  status: ContainerStatus,
  look: Look,
): string | undefined {
  const { image, lastState, restartCount = 0, state } = status;
  const { message, reason } = state?.waiting ?? {};
  const kubectl = kubectlFor(namespace);
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
      return outOfMemory(pod, status, look.now) ??
        `${pod} starts and ends again and again (${restartCount} restarts): ${cause}; ${kubectl} logs ${pod} --previous`;
    case "CreateContainerConfigError":
      return secretHint(message ?? "", kubectl, look) ??
        `${pod} lacks a part of its configuration: ${short(message)}`;
    case undefined:
      return outOfMemory(pod, status, look.now);
    case "ContainerCreating":
    case "PodInitializing":
      return undefined;
    default:
      return `${pod} cannot start: ${reason}${message ? `, ${short(message)}` : ""}`;
  }
}

/** What is to be done about a Secret that a container lacks, or a key in it; undefined when that is not what it lacks. */
function secretHint(message: string, kubectl: string, { tokenSecret }: Look): string | undefined {
  const [, missing] = /secret "([^"]+)" not found/.exec(message) ?? [];
  const [, key, holder] = /couldn't find key (\S+) in Secret (\S+)/.exec(message) ?? [];
  // The namespace may stand before it.
  const name = missing ?? holder?.split("/").at(-1);
  if (name === undefined) return undefined;
  const lacks = key === undefined ? `there is no Secret ${name}` : `Secret ${name} has no key ${key}`;
  if (name === tokenSecret.name) {
    return key === undefined
      ? `${lacks}: ${kubectl} create secret generic ${name} --from-literal=${tokenSecret.key}=YOUR_FINNHUB_TOKEN`
      : `${lacks}: put the Finnhub token under that key, or name its key in spec.feed.tokenSecret.key`;
  }
  const own = OWN_SECRETS[name];
  return own === undefined
    ? `${lacks}: make it, or name another one in the Pipeline`
    : `${lacks}, with ${own}: the operator makes it within minutes; if it does not, its log says why`;
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
