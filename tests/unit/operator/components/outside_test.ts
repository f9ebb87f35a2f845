import { assertEquals } from "@std/assert";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { pipelineProblems } from "../../../../src/operator/pipeline.ts";
import { NO_LIMITS, refuseForbidden } from "../../../../src/operator/reconcile/limits.ts";
import { PLAIN, type Security } from "../../../../src/operator/security/security.ts";
import type { Workload } from "../../../../src/operator/workload.ts";
import { cluster, environment, find, pipeline } from "../cluster_fake.ts";

const TLS: Security = { ...PLAIN, transport: "required", authorities: "PEM" };
const RENDERED: [object, Security][] = [[{}, PLAIN], [{ profile: "ha" }, PLAIN], [{ profile: "ha" }, TLS]];
const ROLES = ["producer", "processor", "dashboard"];

const passwordSecret = { name: "registry", key: "password" };
const schemaRegistry = {
  url: "https://registry.example:8443",
  user: "me",
  passwordSecret,
  caConfigMap: "registry-ca",
  valueFormat: "confluent",
};
const headersSecret = { name: "traces", key: "headers" };
const tracing = { otlpEndpoint: "http://collector:4318", headersSecret, sampleRatio: "0.5" };

/** Ports that a role reaches anywhere, but for names. */
const waysOut = (components: ReturnType<typeof desiredState>, role: string) => {
  const { egress } = find(components, `NetworkPolicy/${role}`).spec as {
    egress: { to?: unknown; ports: { port: number }[] }[];
  };
  return egress.filter(({ to }) => to === undefined).flatMap(({ ports }) => ports.map(({ port }) => port))
    .filter((port) => port !== 53);
};

Deno.test("those that read or write the topic know the schema registry, and are let out to it", () => {
  for (const [profile, security] of RENDERED) {
    const components = desiredState(pipeline({ ...profile, schemaRegistry }), cluster(), security);
    for (const role of ROLES) {
      const deployment = find(components, `Deployment/${role}`) as Workload;
      const env = environment(deployment);
      assertEquals(env.SCHEMA_REGISTRY_URL, schemaRegistry.url);
      assertEquals([env.SCHEMA_REGISTRY_USER, env.SCHEMA_REGISTRY_PASSWORD], ["me", {
        secretKeyRef: passwordSecret,
      }]);
      assertEquals(env.SCHEMA_REGISTRY_CA_FILE, "/etc/schema-registry/ca.crt");
      assertEquals(env.KAFKA_VALUE_FORMAT, role === "producer" ? "confluent" : undefined);
      const { spec } = deployment.spec.template;
      const volumes = spec.volumes as { name: string; configMap?: { name: string } }[];
      assertEquals(volumes.find(({ name }) => name === "schema-registry")?.configMap?.name, "registry-ca");
      const mounts = spec.containers[0].volumeMounts as { name: string; mountPath: string }[];
      assertEquals(mounts.find(({ name }) => name === "schema-registry")?.mountPath, "/etc/schema-registry");
      assertEquals(waysOut(components, role), role === "producer" ? [443, 8443] : [8443]);
    }
  }
});

Deno.test("producer and processor send traces, and are let out to where they go", () => {
  for (const [profile, security] of RENDERED) {
    const components = desiredState(pipeline({ ...profile, tracing }), cluster(), security);
    for (const role of ["producer", "processor"]) {
      const env = environment(find(components, `Deployment/${role}`));
      assertEquals(env.OTEL_EXPORTER_OTLP_ENDPOINT, tracing.otlpEndpoint);
      assertEquals([env.OTEL_EXPORTER_OTLP_HEADERS, env.OTEL_TRACES_SAMPLER_ARG], [{
        secretKeyRef: headersSecret,
      }, "0.5"]);
      assertEquals(waysOut(components, role), role === "producer" ? [443, 4318] : [4318]);
    }
    assertEquals(waysOut(components, "dashboard"), []);
    assertEquals(
      environment(find(components, "Deployment/dashboard")).OTEL_EXPORTER_OTLP_ENDPOINT,
      undefined,
    );
  }
});

Deno.test("a port that an address does not name is that of its scheme", () => {
  const ports = (otlpEndpoint: string) =>
    waysOut(desiredState(pipeline({ tracing: { otlpEndpoint } }), cluster()), "processor");
  assertEquals([ports("https://a.example"), ports("http://a.example/x")], [[443], [80]]);
});

Deno.test("each server's volumes have their own class, or that of all", () => {
  for (const [profile, security] of RENDERED) {
    const spec = { ...profile, storageClassName: "slow", cassandra: { storageClassName: "fast" } };
    const components = desiredState(pipeline(spec), cluster(), security);
    const classes = ["zookeeper", "kafka", "cassandra"].map((name) =>
      (find(components, `StatefulSet/${name}`) as Workload).spec.volumeClaimTemplates![0]!.spec
        .storageClassName
    );
    assertEquals(classes, ["slow", "slow", "fast"]);
  }
});

Deno.test("Kafka's heap is its field's, and by default what it was before there was one", () => {
  const heap = (spec: object) =>
    environment(find(desiredState(pipeline(spec), cluster()), "StatefulSet/kafka")).KAFKA_HEAP_OPTS;
  assertEquals(heap({}), "-Xms512m -Xmx512m");
  assertEquals(heap({ kafka: { heap: "2G" } }), "-Xms2g -Xmx2g");
});

Deno.test("load balancers are of the pages alone, with the annotations and the addresses that they let in", () => {
  const annotations = { "example.com/internal": "true" };
  const exposure = {
    type: "LoadBalancer",
    annotations,
    sourceRanges: ["192.0.2.0/24"],
    host: "page.example",
  };
  for (const [profile, security] of RENDERED) {
    const components = desiredState(pipeline({ ...profile, exposure }), cluster(), security);
    const services = components.flatMap(({ objects }) => objects).filter(({ kind }) => kind === "Service");
    for (const { metadata, spec } of services) {
      const { loadBalancerSourceRanges, type } = spec as {
        type?: string;
        loadBalancerSourceRanges?: string[];
      };
      const page = ["dashboard", "grafana"].includes(metadata.name);
      assertEquals(type === "LoadBalancer", page, metadata.name);
      assertEquals(
        [loadBalancerSourceRanges, metadata.annotations],
        page ? [exposure.sourceRanges, annotations] : [undefined, undefined],
      );
    }
    const { PAGE_ALLOW_HOST } = environment(find(components, "Deployment/dashboard"));
    assertEquals(String(PAGE_ALLOW_HOST).split(",").at(-1), "page.example");
  }
  const ingress = { type: "Ingress", host: "a.example", annotations };
  const made = find(desiredState(pipeline({ exposure: ingress }), cluster()), "Ingress/finnhub-pipe");
  assertEquals(made.metadata.annotations, annotations);
});

Deno.test("fields of one kind of exposure are refused with another", () => {
  const problems = (exposure: object) =>
    pipelineProblems({ apiVersion: "x/v1", kind: "Pipeline", metadata: { name: "p" }, spec: { exposure } })
      .length;
  assertEquals(problems({ type: "NodePort", annotations: {} }), 1);
  assertEquals(problems({ type: "Ingress", host: "a.example", sourceRanges: [] }), 1);
  assertEquals(problems({ type: "NodePort", host: "a.example" }), 1);
  assertEquals(problems({ type: "LoadBalancer", sourceRanges: ["192.0.2.0/24", "2001:db8::/32"] }), 0);
  assertEquals(problems({ type: "LoadBalancer", sourceRanges: ["all"] }), 1);
});

Deno.test("Grafana's plugin comes from its image or a volume, and nothing is fetched then", () => {
  const grafana = (plugin: object, [profile, security] = RENDERED[0]!) => {
    const components = desiredState(pipeline({ ...profile, grafana: { plugin } }), cluster(), security);
    return [components, find(components, "Deployment/grafana") as Workload] as const;
  };
  for (const rendered of RENDERED) {
    const [internet, fetched] = grafana({}, rendered);
    assertEquals(environment(fetched).GF_PLUGINS_PREINSTALL, "hadesarchitect-cassandra-datasource@3.1.0");
    assertEquals(waysOut(internet, "grafana"), [443]);
    const [image, own] = grafana({ source: "Image" }, rendered);
    const { GF_PATHS_PLUGINS, GF_PLUGINS_PREINSTALL, GF_PLUGINS_PREINSTALL_DISABLED } = environment(own);
    assertEquals([GF_PATHS_PLUGINS, GF_PLUGINS_PREINSTALL, GF_PLUGINS_PREINSTALL_DISABLED], [
      "/plugins",
      undefined,
      "true",
    ]);
    assertEquals(waysOut(image, "grafana"), []);
    const [volume, mounted] = grafana({ source: "Volume", claimName: "mine" }, rendered);
    assertEquals(waysOut(volume, "grafana"), []);
    const { spec } = mounted.spec.template;
    const claims = (spec.volumes as { persistentVolumeClaim?: object }[]).flatMap((each) =>
      each.persistentVolumeClaim ?? []
    );
    assertEquals(claims, [{ claimName: "mine", readOnly: true }]);
    const mounts = spec.containers[0].volumeMounts as { mountPath: string; readOnly?: boolean }[];
    assertEquals(mounts.find(({ mountPath }) => mountPath === "/plugins")?.readOnly, true);
  }
});

Deno.test("no server's volume is mounted as one with a plugin", () => {
  const problems = (plugin: object) =>
    pipelineProblems({
      apiVersion: "x/v1",
      kind: "Pipeline",
      metadata: { name: "p" },
      spec: { grafana: { plugin } },
    });
  assertEquals(problems({ source: "Volume", claimName: "data-plugins" }), []);
  assertEquals(problems({ source: "Volume", claimName: "data-cassandra-0" }).length, 1);
  assertEquals([problems({ source: "Volume" }).length, problems({ claimName: "x" }).length], [1, 1]);
  const stored = pipeline({ grafana: { plugin: { source: "Volume", claimName: "mine" } } });
  stored.spec.grafana.plugin.claimName = "data-cassandra-0";
  const [withheld] = refuseForbidden(stored, NO_LIMITS);
  assertEquals([withheld?.field, withheld?.components], ["grafana.plugin.claimName", ["grafana"]]);
});
