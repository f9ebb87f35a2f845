import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { RING } from "../../src/operator/reconcile/ring.ts";
import { integrationTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { until } from "../services/until.ts";
import { type Json, Operating } from "./operating.ts";

/** Objects whose spec or data changed, by name: what status, rolls and the server's own marks do is left out. */
type Snapshot = Map<string, string>;

const KINDS = "cm,svc,sts,deploy,pdb,netpol,job,cronjob,ingress";
const MANAGED = "--selector=app.kubernetes.io/managed-by=finnhub-pipe";

async function snapshot(stage: Operating): Promise<Snapshot> {
  // The ring follows the addresses of Cassandra's pods, whatever changes those.
  const objects = (await stage.list(KINDS, MANAGED)).filter(({ metadata }) => metadata.name !== RING);
  return new Map(objects.map(({ data, kind, metadata, spec }: Json) => [
    kind === "Job" ? "Job/setup" : `${kind}/${metadata.name}`,
    JSON.stringify([data, kind === "Job" ? [metadata.name] : spec]),
  ]));
}

function changed(before: Snapshot, after: Snapshot): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

const env = ({ spec }: Json, name: string): string =>
  spec.template.spec.containers[0].env.find((variable: Json) => variable.name === name)?.value;

integrationTest(
  "a change of the Pipeline reaches what it concerns, in order, or is refused with the reason",
  async (t) => {
    const say = progressOnStderr();
    await using stage = await Operating.set();
    stage.operator(["--allow-plain-feed", "simulator"]);
    await stage.until("Ready");

    /** Changes the spec and waits until it is so; what else changed with it. */
    const change = async (spec: Json): Promise<string[]> => {
      const before = await snapshot(stage);
      await stage.change(spec);
      await stage.until("Ready");
      return changed(before, await snapshot(stage));
    };

    await t.step("each field changes its own objects and no others", async () => {
      const cases: [spec: Json, objects: string[]][] = [
        [{ tickers: ["AAPL"] }, ["Deployment/producer"]],
        [{ feed: { validateTickers: true, websocketUrl: "ws://simulator:8801" } }, [
          "Deployment/producer",
          "NetworkPolicy/producer",
        ]],
        [{ processor: { replicas: 3 } }, ["Deployment/processor"]],
        [{ processor: { resources: { limits: { memory: "1Gi" } } } }, ["Deployment/processor"]],
        [{ producer: { resources: { requests: { cpu: "0.2" } } } }, ["Deployment/producer"]],
        [{ cassandra: { tradesTtl: "7d" } }, ["Job/setup"]],
        [{ cassandra: { heap: "768M" } }, ["StatefulSet/cassandra"]],
        [{ kafka: { resources: { limits: { memory: "2Gi" } } } }, ["StatefulSet/kafka"]],
        [{ images: { grafana: "grafana/grafana:12.2.0" } }, ["Deployment/grafana"]],
        [{ kafdrop: { enabled: false } }, ["Deployment/kafdrop", "NetworkPolicy/kafdrop", "Service/kafdrop"]],
        [{ dashboard: { resources: { limits: { memory: "1Gi" } } } }, ["Deployment/dashboard"]],
        [{ cassandraWeb: { enabled: true } }, [
          "Deployment/cassandra-web",
          "NetworkPolicy/cassandra-web",
          "Service/cassandra-web",
        ]],
        [{ batch: { schedule: "15 3 * * *" } }, ["CronJob/backfill", "NetworkPolicy/batch"]],
        [{ batch: { schedule: "@hourly", since: "3h" } }, ["CronJob/backfill"]],
        [{ batch: { schedule: null } }, ["CronJob/backfill", "NetworkPolicy/batch"]],
        [{ exposure: { type: "NodePort" } }, ["Service/dashboard", "Service/grafana"]],
        [{ exposure: { type: "Ingress", host: "trades.example" } }, [
          "Deployment/dashboard",
          "Deployment/grafana",
          "Ingress/finnhub-pipe",
          "Service/dashboard",
          "Service/grafana",
        ]],
        [{ exposure: { type: "ClusterIP", host: null } }, [
          "Deployment/dashboard",
          "Deployment/grafana",
          "Ingress/finnhub-pipe",
        ]],
        [{ kafka: { replicas: 2 } }, ["ConfigMap/kafka-config", "Job/setup", "StatefulSet/kafka"]],
        [{ cassandra: { replicas: 2 } }, ["Job/setup", "StatefulSet/cassandra"]],
      ];
      for (const [spec, objects] of cases) assertEquals(await change(spec), objects, JSON.stringify(spec));
      assertEquals(env(await stage.get("deploy", "producer"), "FINNHUB_STOCKS_TICKERS"), "AAPL");
      assertEquals((await stage.list("pods", "--selector=app.kubernetes.io/name=kafka")).length, 2);
    });

    await t.step("another image rolls in order: ZooKeeper, then Kafka", async () => {
      await stage.change({ images: { kafka: "apache/kafka:3.9.9" } });
      const image = async (name: string) =>
        (await stage.get("sts", name)).spec.template.spec.containers[0].image;
      let early = false;
      await until("Kafka to have the new image", async () => {
        const [kafka, zookeeper] = [await image("kafka"), await stage.get("sts", "zookeeper")];
        const { readyReplicas, updatedReplicas } = zookeeper.status;
        if (kafka.endsWith("3.9.9") && !(await image("zookeeper")).endsWith("3.9.9")) early = true;
        if (kafka.endsWith("3.9.9") && (readyReplicas !== 1 || updatedReplicas !== 1)) early = true;
        return kafka.endsWith("3.9.9") || kafka;
      }, { interval: 10 });
      assert(!early, "Kafka changed before ZooKeeper had settled");
      await stage.until("Ready");
      const pods = await stage.list("pods", "--selector=app.kubernetes.io/name in (kafka, zookeeper)");
      assertEquals([...new Set(pods.map(({ spec }) => spec.containers[0].image))], ["apache/kafka:3.9.9"]);
    });

    await t.step("partitions are raised while the producer waits, and it starts again", async () => {
      const before = await stage.get("deploy", "producer");
      await stage.change({ kafka: { topic: { partitions: 8 } } });
      let stopped = false;
      await until("the topic to have 8 partitions", async () => {
        if ((await stage.get("deploy", "producer")).spec.replicas === 0) stopped = true;
        const made = (await stage.get("fpipe", "pipeline")).status.topic.partitions;
        return made === 8 || `${made}`;
      }, { interval: 10 });
      assert(stopped, "the producer went on");
      await stage.until("Ready");
      assertEquals((await stage.get("deploy", "producer")).spec.replicas, before.spec.replicas);
    });

    await t.step("volumes grow where their class allows it", async () => {
      await stage.change({ kafka: { storage: "12Gi" } });
      await until("both volumes to have 12Gi", async () => {
        const claims = await stage.list("pvc");
        const sizes = claims.filter(({ metadata }) => metadata.name.startsWith("data-kafka"))
          .map(({ status }) => status.capacity.storage);
        return sizes.every((size) => size === "12Gi") || sizes.join();
      }, { deadline: 30_000 });
      await stage.until("Ready");
    });

    await t.step(
      "what would lose data is refused, with the reason and the remedy, and all else goes on",
      async () => {
        const cases: [spec: Json, back: Json, words: string[]][] = [
          [{ kafka: { replicas: 1 } }, { kafka: { replicas: 2 } }, [
            "kafka.replicas",
            "keep 2",
            "volume claims",
          ]],
          [{ cassandra: { replicas: 1 } }, { cassandra: { replicas: 2 } }, ["cassandra.replicas", "keep 2"]],
          [{ zookeeper: { replicas: 3 } }, { zookeeper: { replicas: 1 } }, ["zookeeper.replicas", "keep 1"]],
          [{ kafka: { storage: "1Gi" } }, { kafka: { storage: "12Gi" } }, [
            "kafka.storage",
            "cannot shrink",
            "12Gi or more",
          ]],
          [{ kafka: { topic: { partitions: 3 } } }, { kafka: { topic: { partitions: 8 } } }, [
            "kafka.topic.partitions",
            "8 or more",
          ]],
          [{ kafka: { metadata: "KRaft" } }, { kafka: { metadata: null } }, [
            "kafka.metadata: Kafka holds data here with ZooKeeper",
            "set it to ZooKeeper",
          ]],
          [{ images: { kafka: "apache/kafka:4.4.0" } }, { images: { kafka: "apache/kafka:3.9.9" } }, [
            "images.kafka: Kafka runs with ZooKeeper here",
            "take a 3.9",
          ]],
          [{ storageClassName: "fixed" }, { storageClassName: null }, [
            "storageClassName",
            "cannot move to fixed",
          ]],
        ];
        for (const [spec, back, words] of cases) {
          const before = await snapshot(stage);
          await stage.change(spec);
          const { message, reason } = await stage.until("Degraded");
          assertEquals(reason, "ChangeRefused");
          for (const word of words) assertStringIncludes(message, word);
          const ready = await stage.condition("Ready");
          assertEquals(ready.status, "True", `${JSON.stringify(spec)}: ${ready.message}`);
          assertEquals(changed(before, await snapshot(stage)), [], JSON.stringify(spec));
          await stage.change(back);
          await stage.until("Degraded", "False");
        }
        const events = await stage.list("events");
        assert(events.filter(({ reason }) => reason === "ChangeRefused").length >= cases.length);
      },
    );

    await t.step("what cannot be is refused by the API server, with a word on why", async () => {
      const cases: [spec: Json, words: string][] = [
        [{ processor: { replicas: 9 } }, "processor.replicas is larger than kafka.topic.partitions"],
        [{ exposure: { type: "Ingress" } }, "needs exposure.host"],
        [{ zookeeper: { replicas: 2 } }, "must be odd"],
        [{ tickers: [] }, "spec.tickers"],
        [{ profile: "huge" }, "Unsupported value"],
        [{ cassandra: { keyspace: "another" } }, "cannot be renamed"],
        [{ kafka: { topic: { name: "another" } } }, "cannot be renamed"],
        [{ kafka: { storage: "much" } }, "spec.kafka.storage"],
        [{ tickers: ["A,B"] }, "spec.tickers"],
        [{ batch: { schedule: "every day" } }, "spec.batch.schedule"],
        [{ batch: { since: "yesterday" } }, "spec.batch.since"],
        [{ batch: { mode: "Guess" } }, "spec.batch.mode"],
        [{ feed: { tokenSecret: { name: "finnhub-pipe-credentials" } } }, "a Secret of the operator's own"],
        [{ images: { pullSecrets: ["kafka-tls"] } }, "a Secret of the operator's own"],
        [{ exposure: { tlsSecretName: "finnhub-pipe-ca" } }, "a Secret of the operator's own"],
      ];
      for (const [spec, words] of cases) await assertRejects(() => stage.change(spec), Error, words);
    });

    await t.step("a paused Pipeline is left alone, and is set right when it goes on", async () => {
      await stage.change({ paused: true });
      await stage.until("Paused");
      await stage.kubectl("delete", "svc", "kafdrop", "--ignore-not-found");
      await stage.kubectl("delete", "svc", "kafka");
      const since = new Date();
      await stage.change({ tickers: ["MSFT"] });
      await stage.until("Progressing");
      const writes = (await stage.writes(since)).filter((write) =>
        !/^(create events|patch pipelines\/pipeline\/status)/.test(write)
      );
      assertEquals(writes, []);
      assertEquals(await stage.find("svc", "kafka"), undefined);
      await stage.change({ paused: false });
      await stage.until("Ready");
      assert(await stage.find("svc", "kafka"));
      assertEquals(env(await stage.get("deploy", "producer"), "FINNHUB_STOCKS_TICKERS"), "MSFT");
    });

    await t.step("a pod in trouble is named, with what to do", async () => {
      await stage.change({ feed: { tokenSecret: { name: "nowhere" } } });
      const { message } = await stage.until("Degraded");
      assertStringIncludes(message, "kubectl -n pipeline create secret generic nowhere");
      await stage.change({ feed: { tokenSecret: { name: "finnhub" } } });
      await stage.until("Ready");
    });

    await t.step("a schedule that cannot be is told, and the batch layer runs by one that can", async () => {
      await stage.change({ batch: { schedule: "61 * * * *" } });
      assertStringIncludes((await stage.until("Degraded")).message, "batch: ");
      await stage.change({ batch: { schedule: "* * * * *", mode: "Check" } });
      await stage.until("Ready");
      await until("a run of the batch layer", async () => {
        const pods = await stage.list("pods", "--selector=app.kubernetes.io/name=batch");
        return pods.length > 0 || "no pod yet";
      }, { deadline: 90_000 });
      await stage.change({ batch: { schedule: null } });
      await until("the CronJob and its runs to be gone", async () => {
        const left = [
          ...await stage.list("cronjob"),
          ...await stage.list("pods", "--selector=app.kubernetes.io/name=batch"),
        ];
        return left.length === 0 || left.map(({ kind, metadata }) => `${kind}/${metadata.name}`).join();
      }, { deadline: 30_000 });
      await stage.until("Ready");
    });

    await t.step("a second Pipeline in the namespace is not run, and says why", async () => {
      const second = {
        apiVersion: "finnhub-pipe.dev/v1alpha1",
        kind: "Pipeline",
        metadata: { name: "second", namespace: "pipeline" },
        spec: {},
      };
      await stage.cluster.apply(JSON.stringify(second));
      await until("the second to be refused", async () => {
        const conditions = (await stage.get("fpipe", "second")).status?.conditions ?? [];
        const found = conditions.find(({ type }: Json) => type === "Degraded");
        return found?.message.includes("already runs Pipeline pipeline") || JSON.stringify(conditions);
      }, { deadline: 10_000 });
      assertEquals((await stage.condition("Ready")).status, "True");
      await stage.kubectl("delete", "fpipe", "second");
    });

    await t.step("an operator that is told --once ends when all is ready", async () => {
      const once = stage.operator(["--once", "--deadline", "30s"]);
      await once.says(/another operator leads|AllReady/);
      say(`--once says: ${once.stdout.trim().split("\n").at(-1)}`);
    });
  },
);
