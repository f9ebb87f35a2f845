import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { until } from "../services/until.ts";
import { type Json, Operating } from "./operating.ts";

const HPA = new URL("../../manifests/scaling/hpa.yaml", import.meta.url).pathname;

integrationTest("what a platform team says of a Pipeline's pods reaches them, or is refused", async (t) => {
  await using stage = await Operating.set();
  stage.operator();
  await stage.until("Ready");
  const templateOf = async (kind: string, name: string): Promise<Json> =>
    (await stage.get(kind, name)).spec.template;

  await t.step("kubectl get all shows the Pipeline", async () => {
    assertStringIncludes(
      await stage.kubectl("get", "all", "--output=name"),
      "pipeline.finnhub-pipe.dev/pipeline",
    );
    assertStringIncludes(await stage.kubectl("get", "finnhub-pipe", "--output=name"), "/pipeline");
  });

  await t.step("scheduling is for all pods, and a component's own wins", async () => {
    const toleration = { key: "pool", operator: "Exists", effect: "NoSchedule" };
    await stage.change({
      scheduling: { tolerations: [toleration], nodeSelector: { "kubernetes.io/os": "linux" } },
      kafka: { pod: { nodeSelector: {}, labels: { team: "trades" } } },
    });
    await stage.until("Ready");
    for (const name of ["zookeeper", "kafka", "cassandra"]) {
      const { spec } = await templateOf("sts", name);
      assertEquals(spec.tolerations, [toleration], name);
      assertEquals(spec.nodeSelector, name === "kafka" ? undefined : { "kubernetes.io/os": "linux" }, name);
    }
    const pods = await stage.list("pods", "--selector=team=trades");
    assertEquals(pods.map(({ metadata }) => metadata.name), ["kafka-0"]);
    await stage.change({ scheduling: null, kafka: { pod: null } });
    await stage.until("Ready");
    assertEquals((await templateOf("sts", "zookeeper")).spec.tolerations, undefined);
  });

  await t.step("a variable that is not for people keeps the component as it is", async () => {
    const before = await templateOf("deploy", "processor");
    const env = [{ name: "KAFKA_SERVER", value: "elsewhere" }];
    await stage.change({ processor: { pod: { env } } });
    const { message, reason } = await stage.until("Degraded");
    assertEquals(reason, "ChangeRefused");
    assertStringIncludes(message, "processor.pod.env: KAFKA_SERVER cannot be set here");
    assertEquals(await templateOf("deploy", "processor"), before);
    await stage.change({ processor: { pod: { env: [{ name: "LOG_LEVEL", value: "debug" }] } } });
    await stage.until("Degraded", "False");
    await stage.until("Ready");
    const [container] = (await templateOf("deploy", "processor")).spec.containers;
    assert(container.env.some(({ name, value }: Json) => name === "LOG_LEVEL" && value === "debug"));
  });

  await t.step("another token restarts the producer, and nothing of it is seen", async () => {
    const before = await templateOf("deploy", "producer");
    const token = JSON.stringify({ stringData: { token: "another-token" } });
    await stage.kubectl("patch", "secret", "finnhub", `--patch=${token}`);
    await until("the producer's pods to be others", async () => {
      const { metadata } = await templateOf("deploy", "producer");
      return metadata.annotations["finnhub-pipe.dev/secrets"] !==
          before.metadata.annotations["finnhub-pipe.dev/secrets"] || "no change yet";
    }, { deadline: 90_000 });
    await stage.until("Ready");
    const seen = JSON.stringify(await stage.list("deploy,cm,events,fpipe"));
    for (const secret of ["another-token", btoa("another-token")]) assert(!seen.includes(secret));
  });

  await t.step("processors are scaled through the Pipeline, by people and by an autoscaler", async () => {
    await stage.change({ processor: { replicas: 1 } });
    await stage.until("Ready");
    await stage.kubectl("scale", "fpipe", "pipeline", "--replicas=3");
    await stage.until("Ready");
    assertEquals((await stage.get("deploy", "processor")).spec.replicas, 3);
    const scale = JSON.parse(
      await stage.kubectl("get", "fpipe", "pipeline", "--subresource=scale", "--output=json"),
    );
    assertEquals([scale.spec.replicas, scale.status.replicas], [3, 3]);
    assertEquals((await stage.list("pods", `--selector=${scale.status.selector}`)).length, 3);
    await assertRejects(
      () => stage.kubectl("scale", "fpipe", "pipeline", "--replicas=5"),
      Error,
      "processor.replicas is larger than kafka.topic.partitions",
    );
    await stage.kubectl("apply", "-f", HPA);
    await until("the autoscaler to know the scale", async () => {
      const { conditions = [] } = (await stage.get("hpa", "processor")).status;
      const able = conditions.find(({ type }: Json) => type === "AbleToScale");
      return able?.reason === "SucceededGetScale" || JSON.stringify(conditions);
    }, { deadline: 60_000 });
    await stage.kubectl("delete", "-f", HPA);
  });

  await t.step("pages have load balancers, and roles a way to the registry and the traces", async () => {
    await stage.change({
      exposure: {
        type: "LoadBalancer",
        host: "page.example",
        annotations: { "example.com/internal": "true" },
      },
      schemaRegistry: { url: "http://registry:8081" },
      tracing: { otlpEndpoint: "http://collector:4318", sampleRatio: "0.5" },
      kafka: { heap: "640M" },
    });
    await stage.until("Ready");
    for (const name of ["dashboard", "grafana"]) {
      const { metadata, spec } = await stage.get("svc", name);
      assertEquals([spec.type, metadata.annotations["example.com/internal"]], ["LoadBalancer", "true"]);
    }
    const { spec: { egress } } = await stage.get("netpol", "processor");
    const anywhere = egress.filter(({ to }: Json) => to === undefined).flatMap(({ ports }: Json) => ports);
    assertEquals(anywhere.map(({ port }: Json) => port), [53, 53, 8081, 4318]);
    await stage.change({ kafka: { storageClassName: "fixed" } });
    assertStringIncludes((await stage.until("Degraded")).message, "kafka.storageClassName: Kafka's volumes");
    await stage.change({
      kafka: { storageClassName: null },
      exposure: null,
      schemaRegistry: null,
      tracing: null,
    });
    await stage.until("Degraded", "False");
    await stage.until("Ready");
    assertEquals((await stage.get("svc", "dashboard")).spec.type, "ClusterIP");
    await assertRejects(
      () => stage.change({ exposure: { sourceRanges: ["192.0.2.0/24"] } }),
      Error,
      "LoadBalancer only",
    );
  });

  await t.step("Grafana takes its plugin from a volume, and no server's volume", async () => {
    await assertRejects(
      () => stage.change({ grafana: { plugin: { source: "Volume", claimName: "data-cassandra-0" } } }),
      Error,
      "is the volume of a server",
    );
    await stage.change({ grafana: { plugin: { source: "Image" } } });
    await stage.until("Ready");
    const [container] = (await templateOf("deploy", "grafana")).spec.containers;
    assert(container.env.some(({ name }: Json) => name === "GF_PATHS_PLUGINS"));
    await stage.change({ grafana: null });
    await stage.until("Ready");
  });

  await t.step("what would get Secrets, or another's rights, is refused by the API server", async () => {
    const secretKeyRef = { name: "finnhub-pipe-credentials", key: "admin-password" };
    const cases: [pod: Json, words: string][] = [
      [{ env: [{ name: "TZ", valueFrom: { secretKeyRef } }] }, "a Secret of the operator's own"],
      [{ env: [{ name: "TZ", value: "$(CASSANDRA_PASSWORD)" }] }, "spec.processor.pod.env[0].value"],
      [{ imagePullSecrets: ["kafka-tls"] }, "a Secret of the operator's own"],
      [{ priorityClassName: "system-cluster-critical" }, "is for Kubernetes' own pods"],
      [{ hostNetwork: true }, 'unknown field "spec.processor.pod.hostNetwork"'],
      [{ securityContext: {} }, 'unknown field "spec.processor.pod.securityContext"'],
    ];
    for (const [pod, words] of cases) {
      const wish = {
        apiVersion: "finnhub-pipe.dev/v1alpha1",
        kind: "Pipeline",
        metadata: { name: "refused", namespace: "pipeline" },
        spec: { processor: { pod } },
      };
      await assertRejects(() => stage.cluster.apply(JSON.stringify(wish)), Error, words);
    }
  });
});

integrationTest("images come from one registry, and on OpenShift no pod names a user", async () => {
  await using stage = await Operating.set();
  const group = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: "things.security.openshift.io",
      annotations: { "api-approved.kubernetes.io": "unapproved, a test" },
    },
    spec: {
      group: "security.openshift.io",
      scope: "Cluster",
      names: { kind: "Thing", plural: "things" },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object" } },
      }],
    },
  };
  await stage.define(JSON.stringify(group), group.metadata.name);
  stage.operator(["--image-registry", "registry.example/mirror"]);
  await stage.until("Ready");
  const pods = await stage.list("pods");
  assert(pods.length > 6);
  for (const { metadata, spec } of pods) {
    assertStringIncludes(spec.containers[0].image, "registry.example/mirror/", metadata.name);
    assertEquals(
      [spec.securityContext.runAsUser, spec.securityContext.fsGroup],
      [undefined, undefined],
      metadata.name,
    );
  }
  const { spec: { egress } } = await stage.get("netpol", "kafka");
  assertStringIncludes(JSON.stringify(egress), '"port":5353');
});
