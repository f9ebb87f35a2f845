import {
  type Cluster,
  ClusterError,
  type KubernetesObject,
  type OwnerReference,
} from "../../kubernetes/cluster.ts";
import { MANAGED_BY } from "../names.ts";
import type { Events } from "../reconcile/events.ts";
import type { Pipeline } from "../pipeline.ts";
import { isPipeline, ownersOf, secretOf, secretRef, secretTrouble } from "./secrets.ts";

/** The Secret with the pipeline's own passwords. Pods refer to it by this name in manifests/. */
export const CREDENTIALS = "finnhub-pipe-credentials";

export const CREDENTIAL_KEYS: readonly string[] = [
  "admin-password",
  "processor-password",
  "dashboard-password",
  "grafana-password",
  "grafana-admin-password",
];

export interface CredentialsOptions {
  cluster: Cluster;
  events: Events;
  randomBytes(length: number): Uint8Array;
  /** The Secret's name. */
  name: string;
  keys: readonly string[];
  /** Whether it goes with the Pipeline; the one that opens volumes goes with them. */
  transient: boolean;
  /** Names of the volume claims that know these passwords and no others. */
  opens?(): string[];
}

/** Bytes of randomness in a password. */
const STRENGTH = 24;

/**
 * Keeps a Secret of passwords there: made when missing, never overwritten. What was seen of it is remembered, so that a Secret that
 * is deleted by mistake comes back with the passwords that the servers know. Its owner is the Pipeline as long as it is to go with it.
 */
export class Credentials {
  #known: Record<string, string> | undefined;

  constructor(readonly options: CredentialsOptions) {}

  /**
   * Resolves to why its owner cannot be what it is to be, which is no reason to wait.
   *
   * @throws {ClusterError} when it can be neither read nor made, lacks a key, or is lost and volumes need it.
   */
  async ensure(pipeline: Pipeline, signal: AbortSignal): Promise<string[]> {
    const { cluster, events, keys, name, transient } = this.options;
    const ref = secretRef(pipeline, name);
    const found = await cluster.get(ref, signal);
    const owners = transient || pipeline.spec.volumes === "Delete" ? ownersOf(pipeline) : [];
    if (found) {
      const data = found.data as Record<string, string> | undefined ?? {};
      const missing = keys.filter((key) => !data[key]);
      if (missing.length > 0) {
        throw new ClusterError(
          `Secret ${name} lacks ${missing.join(", ")}: add them, or delete the Secret before the first start`,
          { status: 422, reason: "Incomplete" },
        );
      }
      this.#known = data;
      return await this.#own(owners, found, signal);
    }
    if (this.#known === undefined) this.#assertNew(pipeline);
    const data = this.#known ?? Object.fromEntries(keys.map((key) => [key, this.#password()]));
    await cluster.create(secretOf(ref, owners, data), signal);
    events.add(
      pipeline,
      "Normal",
      "SecretMade",
      `Secret ${name} was ${this.#known ? "restored" : "made"}`,
    );
    this.#known = data;
    return [];
  }

  async #own(owners: OwnerReference[], found: KubernetesObject, signal: AbortSignal): Promise<string[]> {
    const right = ownedBy(owners, found);
    if (right === undefined) return [];
    try {
      await this.options.cluster.replace(right, signal);
      return [];
    } catch (error) {
      const trouble = secretTrouble(error);
      if (trouble === undefined) throw error;
      return [`volumes: the Secret with the passwords cannot be kept as they are: ${trouble}`];
    }
  }

  #assertNew({ metadata: { namespace = "default" } }: Pipeline): void {
    const { name, opens = () => [] } = this.options;
    const claims = opens();
    if (claims.length === 0) return;
    throw new ClusterError(
      `Secret ${name} is missing, and the volumes ${
        claims.join(", ")
      } know only its passwords: restore it from a backup, or ` +
        `begin without that data by kubectl -n ${namespace} delete pvc ${claims.join(" ")}`,
      { status: 422, reason: "Lost" },
    );
  }

  /** A random password in letters and digits, encoded as a Secret has it. */
  #password(): string {
    const hex = this.options.randomBytes(STRENGTH).toHex();
    return btoa(hex);
  }
}

/** A Secret with the Pipelines that it is to go with, and others' owners as they are; undefined when it is so, or not ours. */
function ownedBy(owners: OwnerReference[], secret: KubernetesObject): KubernetesObject | undefined {
  const { labels, ownerReferences = [] } = secret.metadata;
  if (Object.entries(MANAGED_BY).some(([label, value]) => labels?.[label] !== value)) return undefined;
  const uids = (references: OwnerReference[]) => references.map(({ uid }) => uid).sort().join();
  const right = [...ownerReferences.filter((owner) => !isPipeline(owner)), ...owners];
  if (uids(right) === uids(ownerReferences)) return undefined;
  return { ...secret, metadata: { ...secret.metadata, ownerReferences: right } };
}
