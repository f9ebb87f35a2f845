import { type Cluster, ClusterError } from "../../kubernetes/cluster.ts";
import type { Events } from "../reconcile/events.ts";
import type { Pipeline } from "../pipeline.ts";
import { ownersOf, secretOf, secretRef } from "./secrets.ts";

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
}

/** Bytes of randomness in a password. */
const STRENGTH = 24;

/**
 * Keeps a Secret of passwords there: made when missing, never overwritten. What was seen of it is remembered, so that a Secret that
 * is deleted by mistake comes back with the passwords that the servers know.
 */
export class Credentials {
  #known: Record<string, string> | undefined;

  constructor(readonly options: CredentialsOptions) {}

  /** @throws {ClusterError} when it can be neither read nor made, or lacks a key. */
  async ensure(pipeline: Pipeline, signal: AbortSignal): Promise<void> {
    const { cluster, events, keys, name, transient } = this.options;
    const ref = secretRef(pipeline, name);
    const found = await cluster.get(ref, signal);
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
      return;
    }
    const owners = transient || pipeline.spec.volumes === "Delete" ? ownersOf(pipeline) : [];
    const data = this.#known ?? Object.fromEntries(keys.map((key) => [key, this.#password()]));
    await cluster.create(secretOf(ref, owners, data), signal);
    events.add(
      pipeline,
      "Normal",
      "SecretMade",
      `Secret ${name} was ${this.#known ? "restored" : "made"}`,
    );
    this.#known = data;
  }

  /** A random password in letters and digits, encoded as a Secret has it. */
  #password(): string {
    const hex = this.options.randomBytes(STRENGTH).toHex();
    return btoa(hex);
  }
}
