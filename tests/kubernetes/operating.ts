import { RunningRole } from "../e2e/role.ts";
import { progressOnStderr } from "../services/progress.ts";
import { until } from "../services/until.ts";
import { startCluster, type TestCluster, WRITES } from "./cluster/mod.ts";

/** Path of what a person applies to install the operator. */
export const INSTALL = new URL("../../manifests/operator.yaml", import.meta.url).pathname;
export const NAMESPACE = "pipeline";
const ACCOUNT = "finnhub-pipe-operator";
const USER = `system:serviceaccount:${NAMESPACE}:${ACCOUNT}`;

// deno-lint-ignore no-explicit-any
export type Json = any;

/**
 * A cluster whose operators are processes of this machine with the ServiceAccount of manifests/operator.yaml, and no
 * more rights than that.
 */
export class Operating implements AsyncDisposable {
  readonly #operators: RunningRole[] = [];

  private constructor(readonly cluster: TestCluster, readonly kubeconfig: string) {}

  /** A cluster in which the operator is installed and does not run, with a token for the feed. */
  static async set(install: string = INSTALL): Promise<Operating> {
    const cluster = await startCluster({ mode: "fake", nodes: 3, progress: progressOnStderr() });
    await cluster.kubectl("apply", "-f", install);
    // Its image is not what is tested here.
    await cluster.kubectl("-n", NAMESPACE, "delete", "deployment", ACCOUNT);
    await cluster.kubectl(
      "-n",
      NAMESPACE,
      "create",
      "secret",
      "generic",
      "finnhub",
      "--from-literal=token=feed-secret",
    );
    return new Operating(cluster, await cluster.kubeconfigFor(ACCOUNT, NAMESPACE));
  }

  /** Starts an operator, of another version where an executable is given. */
  operator(args: string[] = [], executable?: string): RunningRole {
    const flags = [
      "--namespace",
      NAMESPACE,
      "--kubeconfig",
      this.kubeconfig,
      "--http-listen",
      "127.0.0.1:0",
      ...args,
    ];
    const running = new RunningRole("operator", flags, {}, executable);
    this.#operators.push(running);
    return running;
  }

  kubectl(...args: string[]): Promise<string> {
    return this.cluster.kubectl("-n", NAMESPACE, ...args);
  }

  async get(kind: string, name: string): Promise<Json> {
    return JSON.parse(await this.kubectl("get", kind, name, "--output=json"));
  }

  /** Undefined when there is none. */
  async find(kind: string, name: string): Promise<Json> {
    const text = await this.kubectl("get", kind, name, "--output=json", "--ignore-not-found");
    return text === "" ? undefined : JSON.parse(text);
  }

  async list(kinds: string, ...flags: string[]): Promise<Json[]> {
    return JSON.parse(await this.kubectl("get", kinds, "--output=json", ...flags)).items;
  }

  /** Changes the Pipeline's spec. */
  async change(spec: Json): Promise<void> {
    await this.kubectl("patch", "fpipe", "pipeline", "--type=merge", `--patch=${JSON.stringify({ spec })}`);
  }

  /** Applies a definition, and waits until the server serves its kind. */
  async define(definition: string, name: string): Promise<void> {
    await this.cluster.apply(definition);
    await until(`${name} to be served`, async () => {
      // Null at first.
      const conditions = (await this.get("crd", name)).status?.conditions ?? [];
      return conditions.some(({ status, type }: Json) => type === "Established" && status === "True") ||
        "not yet";
    });
  }

  async condition(type: string): Promise<Json> {
    // The kind is not known before the operator has told the server of it.
    const pipeline = await this.find("fpipe", "pipeline").catch(() => undefined);
    const found = pipeline?.status?.conditions?.find((each: Json) => each.type === type);
    return found?.observedGeneration === pipeline?.metadata.generation ? found : undefined;
  }

  /** Waits until a condition holds for the newest spec, and returns it. */
  async until(type: string, status = "True", deadline = 60_000): Promise<Json> {
    let found: Json;
    await until(`${type} to be ${status}`, async () => {
      found = await this.condition(type);
      return found?.status === status || JSON.stringify(found ?? "nothing yet");
    }, { deadline, interval: 50 });
    return found;
  }

  /** What the operators wrote, but for their lease: `patch statefulsets/kafka`. */
  async writes(since: Date): Promise<string[]> {
    const events = await this.cluster.auditEvents({ user: USER, verbs: WRITES, since });
    return events.filter(({ resource }) => resource !== "leases")
      .map(({ name, resource, subresource, verb }) =>
        `${verb} ${resource}/${name}${subresource && `/${subresource}`}`
      );
  }

  /** Requests of the operators that were not allowed. */
  async refusals(): Promise<string[]> {
    const events = await this.cluster.auditEvents({ user: USER });
    return events.filter(({ code }) => code === 403).map(({ name, resource, verb }) =>
      `${verb} ${resource}/${name}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#operators.map((operator) => operator[Symbol.asyncDispose]()));
    await this.cluster[Symbol.asyncDispose]();
  }
}
