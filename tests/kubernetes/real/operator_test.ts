import { assert, assertEquals } from "@std/assert";
import type { OperatorStatus } from "../../../src/operator/status/operator_status.ts";
import { rootTest } from "../../needs.ts";
import { progressOnStderr } from "../../services/progress.ts";
import { fillTemplate } from "../../services/template.ts";
import { until } from "../../services/until.ts";
import { imageName, startCluster, type TestCluster } from "../cluster/mod.ts";
import { storedTrades } from "./stored.ts";

const NAMESPACE = "pipeline";
const INSTALL = new URL("../../../manifests/operator.yaml", import.meta.url).pathname;
const MINUTE = 60_000;

/** The operator's pipeline in a cluster of real pods. */
class RealPipeline {
  constructor(readonly cluster: TestCluster) {}

  kubectl(...args: string[]): Promise<string> {
    return this.cluster.kubectl(`--namespace=${NAMESPACE}`, ...args);
  }

  async ready(): Promise<void> {
    const path = '--output=jsonpath={.status.conditions[?(@.type=="Ready")].status} {.status.components}';
    await until("the Pipeline to be ready", async () => {
      const status = await this.kubectl("get", "pipeline", "pipeline", path).catch((error) => error.message);
      return status.startsWith("True ") || status;
    }, { deadline: 5 * MINUTE, interval: 250 });
  }

  async podOf(component: string): Promise<{ name: string; uid: string; address: string }> {
    const text = await this.kubectl(
      "get",
      "pod",
      `--selector=app.kubernetes.io/name=${component}`,
      "--output=json",
    );
    const [pod] = JSON.parse(text).items;
    assert(pod, `there is no pod of ${component}`);
    return { name: pod.metadata.name, uid: pod.metadata.uid, address: pod.status.podIP };
  }

  /** A metric of a role, which serves it to this machine. */
  async metric(component: string, name: string): Promise<number> {
    const { address } = await this.podOf(component);
    const text = await (await fetch(`http://${address}:8080/metrics`)).text();
    const [, value] = new RegExp(`^${name} (\\S+)$`, "m").exec(text) ?? [];
    if (value === undefined) throw new Error(`${component} has no metric ${name}`);
    return Number(value);
  }

  async stored(): Promise<number> {
    const key = "--output=jsonpath={.data.admin-password}";
    const password = atob(await this.kubectl("get", "secret", "finnhub-pipe-credentials", key));
    const options = { namespace: NAMESPACE, login: { username: "admin", password }, ca: await this.#ca() };
    return await storedTrades(this.cluster, options);
  }

  /** What clients trust; undefined while they speak plain TCP. */
  async #ca(): Promise<string | undefined> {
    const text = await this.kubectl(
      "get",
      "configmap",
      "finnhub-pipe-ca",
      "--output=json",
      "--ignore-not-found",
    );
    return text === "" ? undefined : JSON.parse(text).data["ca.crt"];
  }

  async transport(): Promise<string> {
    const path = "--output=jsonpath={.status.security.transport}";
    return await this.kubectl("get", "pipeline", "pipeline", path);
  }

  /** Changes the Pipeline's spec. */
  async change(spec: unknown): Promise<void> {
    const patch = `--patch=${JSON.stringify({ spec })}`;
    await this.kubectl("patch", "pipeline", "pipeline", "--type=merge", patch);
  }

  /** Waits until a component has another pod than that one. */
  async another(component: string, uid: string): Promise<void> {
    await until(`another pod of ${component}`, async () => {
      const found = await this.podOf(component).catch(() => undefined);
      return found !== undefined && found.uid !== uid || "there is none";
    });
  }

  /**
   * Ends the feed and waits until all that the producer's pod took is stored; resolves to all that is stored.
   *
   * @param before trades that were stored before that pod took any
   */
  async allStored(before: number): Promise<number> {
    await this.kubectl("delete", "pod", "simulator");
    let taken = 0;
    let stored = 0;
    await until("all trades to be stored", async () => {
      taken = before + await this.metric("producer", "finnhub_pipe_producer_trades_in_total");
      stored = await this.stored();
      return stored >= taken || `${stored} of ${taken} are stored`;
    }, { deadline: 2 * MINUTE, interval: 500 });
    assertEquals(stored, taken);
    assertEquals(await this.metric("producer", "finnhub_pipe_producer_trades_shed_total"), 0);
    return stored;
  }

  async storesMoreThan(before: number): Promise<void> {
    await until(`more than ${before} stored trades`, async () => {
      // While Cassandra is away, nobody answers.
      const stored = await this.stored().catch((error) => error.message);
      return stored > before || `${stored}`;
    }, { deadline: 2 * MINUTE, interval: 500 });
  }
}

rootTest(
  "the operator brings up a bare cluster's pipeline, and no trade is lost or doubled when pods go",
  async (t) => {
    const progress = progressOnStderr();
    await using cluster = await startCluster({ mode: "real", progress });
    const pipeline = new RealPipeline(cluster);
    const startSimulator = async () => {
      const values = { image: await imageName("finnhub-pipe"), namespace: NAMESPACE };
      await cluster.apply(await fillTemplate("simulator.yaml", values, new URL(import.meta.url)));
    };
    const timed = async (what: string, work: () => Promise<unknown>) => {
      const started = performance.now();
      await work();
      progress(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
    };

    await t.step(
      "manifests/operator.yaml on a bare cluster becomes a pipeline that stores trades",
      async () => {
        await timed("bare cluster to Ready", async () => {
          await cluster.kubectl("apply", `--filename=${INSTALL}`);
          const allowed = "OPERATOR_ALLOW_PLAIN_FEED=simulator";
          await pipeline.kubectl("set", "env", "deployment/finnhub-pipe-operator", allowed);
          await startSimulator();
          await pipeline.kubectl("create", "secret", "generic", "finnhub", "--from-literal=token=any");
          await until("the operator's Pipeline", () => {
            return pipeline.kubectl("get", "pipeline", "pipeline").then(
              () => true as const,
              (error) => error.message,
            );
          }, { deadline: 2 * MINUTE, interval: 250 });
          await pipeline.change({ feed: { websocketUrl: "ws://simulator:8801" } });
          await pipeline.ready();
        });
        await pipeline.storesMoreThan(0);
      },
    );

    await t.step("the operator in its pod knows how many trades go through", async () => {
      const { address } = await pipeline.podOf("operator");
      await until("the throughput", async () => {
        const response = await fetch(`http://${address}:8080/status`);
        const { throughput }: OperatorStatus = await response.json();
        const flows = throughput?.producerConnected && throughput.tradesPerSecond > 0;
        return flows || JSON.stringify(throughput ?? "nothing is known");
      }, { interval: 500 });
    });

    await t.step("a deleted Service comes back", async () => {
      const uid = () => pipeline.kubectl("get", "service", "kafka", "--output=jsonpath={.metadata.uid}");
      const before = await uid();
      await pipeline.kubectl("delete", "service", "kafka");
      await timed("a deleted Service was back", () =>
        until("the Service", async () => {
          const found = await uid().catch(() => before);
          return found !== before || "it is gone";
        }, { deadline: 10_000 }));
    });

    for (const component of ["kafka", "cassandra", "processor"]) {
      await t.step(`trades go on after the ${component} pod is deleted`, async () => {
        const { name, uid } = await pipeline.podOf(component);
        const before = await pipeline.stored();
        await timed(`${component} deleted, Ready again`, async () => {
          await pipeline.kubectl("delete", "pod", name);
          await pipeline.another(component, uid);
          await pipeline.ready();
        });
        await pipeline.storesMoreThan(before);
      });
    }

    let before = 0;
    await t.step("every trade that the producer took is stored once", async () => {
      before = await pipeline.allStored(0);
    });

    await t.step("servers and roles are moved to TLS", async () => {
      await timed("plain TCP to TLS, Ready again", async () => {
        await pipeline.change({ security: { tls: true } });
        await until("the pipeline to speak TLS", async () => {
          const now = await pipeline.transport();
          return now === "required" || now;
        }, { deadline: 5 * MINUTE, interval: 500 });
        // Without a feed the producer is not ready.
        await startSimulator();
        await pipeline.ready();
      });
    });

    await t.step("trades go on by TLS, and while certificates are renewed", async () => {
      await pipeline.storesMoreThan(before);
      const pods = [await pipeline.podOf("kafka"), await pipeline.podOf("cassandra")];
      await timed("both certificates deleted, Ready again", async () => {
        await pipeline.kubectl("delete", "secret", "kafka-tls", "cassandra-tls");
        await pipeline.change({ dashboard: { enabled: false } });
        for (const [i, component] of ["kafka", "cassandra"].entries()) {
          await pipeline.another(component, pods[i]!.uid);
        }
        await pipeline.ready();
      });
      await pipeline.storesMoreThan(await pipeline.stored());
      progress(`${await pipeline.allStored(before)} trades, each stored once`);
    });

    await t.step("the batch layer's run by its schedule finds every candle as it should be", async () => {
      await timed("the batch layer asked for, its first run over", async () => {
        await pipeline.change({ batch: { schedule: "* * * * *", mode: "Check", since: "2h" } });
        const path = "--output=jsonpath={.status.lastSuccessfulTime}";
        await until("a run without differences", async () => {
          const time = await pipeline.kubectl("get", "cronjob", "backfill", path).catch(() => "");
          return time !== "" || "none yet";
        }, { deadline: 3 * MINUTE, interval: 500 });
      });
    });

    await t.step(
      "Kafka and Cassandra grow from one to two, and every trade is found and stored once",
      async () => {
        await startSimulator();
        await pipeline.storesMoreThan(await pipeline.stored());
        const known = await pipeline.stored();
        await timed("one to two of each, Ready again", async () => {
          await pipeline.change({ kafka: { replicas: 2 }, cassandra: { replicas: 2 } });
          await until("two copies of each message and row", async () => {
            const stored = await pipeline.stored().catch(() => known);
            assert(stored >= known, `${stored} of ${known} trades are found`);
            const path = "--output=jsonpath={.status.replication} {.status.components}";
            const status = await pipeline.kubectl("get", "pipeline", "pipeline", path);
            const { cassandra, kafka } = JSON.parse(status.slice(0, status.indexOf("}") + 1));
            return cassandra === 2 && kafka === 2 || status;
          }, { deadline: 8 * MINUTE, interval: 500 });
          await pipeline.ready();
        });
        const ring = await pipeline.kubectl("exec", "cassandra-1", "--", "nodetool", "status");
        assertEquals(ring.match(/^UN /gm)?.length, 2, ring);
        progress(`${await pipeline.allStored(before)} trades, each stored once`);
      },
    );
  },
);
