import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { NO_LIMITS } from "../../../../src/operator/reconcile/limits.ts";
import { refusePods } from "../../../../src/operator/reconcile/pods.ts";
import { pipelineProblems, readPipeline } from "../../../../src/operator/pipeline.ts";
import { PLAIN } from "../../../../src/operator/security/security.ts";
import { SETTINGS } from "../../../../src/settings/settings.ts";
import { cluster, pipeline } from "../cluster_fake.ts";
import { podTemplates as templates } from "../pod_templates.ts";

const ON = { cassandraWeb: { enabled: true }, batch: { schedule: "@daily" } };
const TLS = { ...PLAIN, transport: "required", authorities: "PEM" } as const;
const FIELDS: Record<string, string> = { "cassandra-web": "cassandraWeb" };

const refused = (component: string, pod: object, security = PLAIN, limits = NO_LIMITS) => {
  const field = FIELDS[component] ?? component;
  const wish = pipeline({ ...ON, [field]: { ...(ON as Record<string, object>)[field], pod } });
  return refusePods(wish, desiredState(wish, cluster(), security), limits);
};

Deno.test("what would take a pod's identity or protection is refused, and keeps the component as it is", () => {
  const keys = [
    "app.kubernetes.io/name",
    "kubernetes.io/x",
    "container.apparmor.security.beta.kubernetes.io/kafka",
    "a.k8s.io/x",
    "finnhub-pipe.dev/config",
    "sidecar.istio.io/userVolume",
    "k8s.v1.cni.cncf.io/networks",
  ];
  for (const key of keys) {
    for (const part of ["labels", "annotations"]) {
      const [one, ...more] = refused("kafka", { [part]: { [key]: "x" } });
      assertEquals([one?.field, one?.components, more], [`kafka.pod.${part}`, ["kafka"], []], key);
      assertStringIncludes(one!.sentence, key);
    }
  }
  const fine = {
    "team": "x",
    "example.com/kubernetes.io": "x",
    "sidecar.istio.io/inject": "true",
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "no",
  };
  assertEquals(refused("kafka", { labels: fine, annotations: fine }), []);
  const volume = '[{"secret":{"secretName":"finnhub-pipe-credentials"}}]';
  assertStringIncludes(
    refused("kafka", { annotations: { "other.mesh/volumes": volume } })[0]!.sentence,
    "names finnhub-pipe-credentials",
  );
  const [grace] = refused("kafka", { terminationGracePeriodSeconds: 5 });
  assertStringIncludes(grace!.sentence, "within 5 s");
  assertStringIncludes(grace!.sentence, "set it to 120 or more");
  assertEquals(refused("grafana", { terminationGracePeriodSeconds: 29 }).length, 1);
  assertEquals(refused("grafana", { terminationGracePeriodSeconds: 30 }), []);
});

Deno.test("no variable changes what the operator sets, names a file or an address, or loads code", () => {
  /** What is said of each of these names, of the others nothing. */
  const told = (component: string, names: readonly string[], security = PLAIN): string[] =>
    names.flatMap((_, at) => at % 30 === 0 ? [names.slice(at, at + 30)] : []).flatMap((some) =>
      refused(component, { env: some.map((name) => ({ name, value: "x" })) }, security)
    ).map(({ sentence }) => sentence);
  const foreign = ["LD_PRELOAD", "PATH", "JAVA_TOOL_OPTIONS", "BASH_ENV", "JVM_EXTRA_OPTS", "HTTPS_PROXY"];
  for (const [component, template] of templates(desiredState(pipeline(ON), cluster(), TLS))) {
    const ours = (template.spec.containers[0].env ?? []).map(({ name }) => name);
    assertEquals(told(component, ours, TLS).length, ours.length, component);
    const refusals = told(component, [...foreign, "TZ"]);
    for (const [at, name] of foreign.entries()) {
      assertStringIncludes(refusals[at]!, `${name} cannot be set here`, component);
    }
    assertEquals(refusals.length, foreign.length);
  }
  // Of all settings those that may be set are neither secret nor an address, a login or a file.
  const names = Object.values(SETTINGS).flatMap(({ env }) => env ?? []);
  const sentences = told("processor", names).join("\n");
  const free = names.filter((name) => !sentences.includes(`env: ${name} `));
  assert(free.includes("LOG_LEVEL") && free.includes("PROCESSOR_FETCH_WAIT"), free.join());
  const risky = /PASSWORD|TOKEN|USER|URL|HOST|SERVER|FILE|LISTEN|CONFIG|SPOOL|_OUT$|PATH|TLS/;
  assertEquals(free.filter((name) => risky.test(name)), []);
  const bad = [
    "GF_AUTH_LDAP_CONFIG_FILE",
    "GF_AUTH_GENERIC_OAUTH_TLS_CLIENT_KEY",
    "GF_SECURITY_ADMIN_USER",
    "GF_PATHS_PLUGINS",
    "GF_PLUGINS_PREINSTALL",
    "GF_AUTH_X__FILE",
  ];
  assertEquals(told("grafana", [...bad, "GF_AUTH_ANONYMOUS_ENABLED"]).length, bad.length);
  assertStringIncludes(told("grafana", ["GF_DASHBOARDS_MIN_REFRESH_INTERVAL"]).join(), "set by the operator");
});

Deno.test("no variable shows another's password, and none is of a Secret of the operator's", () => {
  /** As a Pipeline was stored before the schema knew better. */
  const stored = (pod: object) => {
    const wish = readPipeline({
      apiVersion: "finnhub-pipe.dev/v1alpha1",
      kind: "Pipeline",
      metadata: { name: "p" },
      spec: { grafana: { pod } },
    });
    return [
      refusePods(wish, desiredState(wish, cluster()), NO_LIMITS),
      pipelineProblems(wish as never),
    ] as const;
  };
  const name = "GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET";
  const ofSecret = (name: string) => ({ secretKeyRef: { name, key: "k" } });
  for (const value of ["$(CASSANDRA_PASSWORD)", "$__env{CASSANDRA_PASSWORD}", "${CASSANDRA_PASSWORD}"]) {
    const [withheld, problems] = stored({ env: [{ name, value }] });
    assertStringIncludes(withheld[0]!.sentence, "could stand for a password");
    assertEquals(problems.length, 1);
  }
  for (const own of ["finnhub-pipe-credentials", "kafka-tls"]) {
    const [withheld, problems] = stored({
      env: [{ name, valueFrom: ofSecret(own) }],
      imagePullSecrets: [own],
    });
    assertEquals(withheld.map(({ field }) => field), ["grafana.pod.env", "grafana.pod.imagePullSecrets"]);
    assertEquals(problems.length, 2);
  }
  assertEquals(stored({ env: [{ name, valueFrom: ofSecret("sso") }] }), [[], []]);
});

Deno.test("Grafana's secret for sign-in goes where the token might, and by TLS", () => {
  const at = (variable: object, feedHosts: string[] = []) =>
    refused("grafana", { env: [{ name: "GF_AUTH_GENERIC_OAUTH_TOKEN_URL", ...variable }] }, PLAIN, {
      ...NO_LIMITS,
      feedHosts,
    })
      .map(({ sentence }) => sentence).join();
  assertEquals(at({ value: "https://sso.example/token" }), "");
  assertStringIncludes(at({ value: "http://sso.example/token" }), "shows the client's secret");
  assertStringIncludes(
    at({ value: "https://sso.example/token" }, ["feed.example"]),
    "allows no sign-in at sso.example",
  );
  assertEquals(at({ value: "https://sso.example/token" }, ["sso.example"]), "");
  assertStringIncludes(
    at({ valueFrom: { secretKeyRef: { name: "sso", key: "url" } } }),
    "write it as a value",
  );
});

Deno.test("what has no field cannot be had: host, security, volumes, commands, accounts", () => {
  const wishes = {
    hostNetwork: true,
    hostPID: true,
    securityContext: { runAsUser: 0 },
    serviceAccountName: "other",
    automountServiceAccountToken: true,
    volumes: [{ name: "x", hostPath: { path: "/" } }],
    containers: [],
    initContainers: [],
    hostAliases: [],
    dnsConfig: {},
  };
  for (const [field, value] of Object.entries(wishes)) {
    const object = {
      apiVersion: "x/v1",
      kind: "Pipeline",
      metadata: { name: "p" },
      spec: { kafka: { pod: { [field]: value } } },
    };
    assertStringIncludes(
      pipelineProblems(object).join(),
      `spec.kafka.pod.${field} is no field of a Pipeline`,
    );
  }
  const system = {
    apiVersion: "x/v1",
    kind: "Pipeline",
    metadata: { name: "p" },
    spec: { scheduling: { priorityClassName: "system-node-critical" } },
  };
  assertStringIncludes(pipelineProblems(system).join(), "is for Kubernetes' own pods");
});
