import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Observed } from "../reconcile/observed.ts";
import type { Security } from "../security/security.ts";
import type { Platform } from "./pods/platform.ts";
import type { SecretVersions } from "./pods/secrets.ts";
import type { Overlay } from "./overlays.ts";

/** Texts of a program's configuration by the names of its files. */
export type Files = Record<string, string>;

/** What components depend on besides their Pipeline and what is in the namespace. */
export interface Surroundings extends Platform {
  /** Whether the cluster has the kinds of the Prometheus operator. */
  monitored: boolean;
  secrets: SecretVersions;
}

export const NO_SURROUNDINGS: Surroundings = { secrets: new Map(), openShift: false, monitored: false };

/** All that decides what a component is made of. */
export interface Context extends Surroundings {
  pipeline: Pipeline;
  observed: Observed;
  security: Security;
  /** While the topic gets more partitions nothing may be sent: a symbol's trades would be in two of them. */
  raising: boolean;
}

/** What a component has beyond its manifest. */
export interface Parts {
  /** Files that are mounted, by the names of their ConfigMaps. */
  maps?: Record<string, Files>;
  /** Changes of the manifest, in this order. */
  overlays: readonly Overlay[];
  /** Changes that depend on all others, those that the Pipeline says of pods included. */
  last?: readonly Overlay[];
  /** Objects that no manifest has, applied last. */
  more?: KubernetesObject[];
}

/** A component: a file of this folder and a line in `table.ts`. */
export interface Definition {
  /** The components that must have settled before this one's workload is made or changed. */
  after: readonly string[];
  /** Text of its manifests/…/objects.yaml. */
  manifest: string;
  /** Undefined when the Pipeline leaves it out. */
  parts(context: Context): Parts | undefined;
}
