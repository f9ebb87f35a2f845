import type { KubernetesObject } from "../../../kubernetes/cluster.ts";
import type { PodSpec } from "../../workload.ts";
import type { Overlay } from "../overlays.ts";

/** What a cluster is, as far as pods depend on it. */
export interface Platform {
  /** Where all images are taken from; as they are named when absent. */
  imageRegistry?: string | undefined;
  /** OpenShift assigns users and groups to pods itself, and its DNS listens on another port. */
  openShift: boolean;
}

/**
 * The name of an image in a registry that has all of them, such as `registry.example/mirror`: the registry takes the place of the
 * image's own, if it names one. Other parts stay, so that `cassandra:5` becomes `registry.example/mirror/cassandra:5`.
 */
export function mirrored(image: string, registry: string | undefined): string {
  if (registry === undefined || image.startsWith(`${registry}/`)) return image;
  const [first = "", ...rest] = image.split("/");
  const named = rest.length > 0 && /[.:]|^localhost$/.test(first);
  return `${registry}/${named ? rest.join("/") : image}`;
}

/** Fits a component's objects to the cluster. */
export const onPlatform = (platform: Platform): Overlay => ({ objects, pods }) => {
  fitPods(pods.spec.template.spec, platform);
  for (const object of objects) fitPolicy(object, platform);
};

/** Takes a pod's images from the registry, and leaves users and groups to a platform that assigns them. */
export function fitPods(spec: PodSpec, { imageRegistry, openShift }: Platform): void {
  for (const container of spec.containers) container.image = mirrored(container.image, imageRegistry);
  if (!openShift) return;
  const { fsGroup: _group, runAsGroup: _run, runAsUser: _user, ...rest } = spec.securityContext as Record<
    string,
    unknown
  >;
  spec.securityContext = rest;
}

const DNS = 53;
/** Network policies count the pod's port: https://docs.redhat.com/en/documentation/openshift_container_platform/4.18/html/networking_operators/dns-operator */
const OPENSHIFT_DNS = 5353;

interface Way {
  ports?: { port: number | string; protocol?: string }[];
}

/** Lets pods ask for names where the platform answers. */
export function fitPolicy({ kind, spec }: KubernetesObject, { openShift }: Platform): void {
  if (kind !== "NetworkPolicy" || !openShift) return;
  const { egress = [] } = spec as { egress?: Way[] };
  for (const { ports = [] } of egress) {
    const asked = ports.filter(({ port }) => port === DNS);
    ports.push(...asked.map((each) => ({ ...each, port: OPENSHIFT_DNS })));
  }
}
