import { assert, assertEquals } from "@std/assert";
import { type Component, desiredState } from "../../../../src/operator/components/desired.ts";
import { NO_SURROUNDINGS, type Surroundings } from "../../../../src/operator/components/definition.ts";
import { mirrored } from "../../../../src/operator/components/pods/platform.ts";
import { NO_LIMITS, refuseForbidden } from "../../../../src/operator/reconcile/limits.ts";
import { PLAIN, type Security } from "../../../../src/operator/security/security.ts";
import { isCronJob, isWorkload, type PodSpec, type Workload } from "../../../../src/operator/workload.ts";
import { cluster, pipeline } from "../cluster_fake.ts";
import { Reconciling } from "../reconcile/reconciling.ts";

const REGISTRY = "registry.example/mirror";
const ON = { cassandraWeb: { enabled: true }, batch: { schedule: "@daily" } };
const TLS: Security = { ...PLAIN, transport: "required", authorities: "PEM" };
const RENDERED: [object, Security][] = [[ON, PLAIN], [{ profile: "ha", ...ON }, PLAIN], [{
  profile: "ha",
  ...ON,
}, TLS]];

const podsOf = (components: readonly Component[]): PodSpec[] =>
  components.flatMap(({ objects }) => objects).flatMap((object) =>
    isWorkload(object)
      ? [object.spec.template.spec]
      : isCronJob(object)
      ? [object.spec.jobTemplate.spec.template.spec]
      : []
  );
const render = ([spec, security]: [object, Security], around: Partial<Surroundings>) =>
  desiredState(pipeline(spec), cluster(), security, { ...NO_SURROUNDINGS, ...around });

Deno.test("the registry takes the place of the image's own, and all else of the name stays", () => {
  const names: [string, string][] = [
    ["cassandra:5.0.9", "cassandra:5.0.9"],
    ["apache/kafka:3.9.2", "apache/kafka:3.9.2"],
    ["ghcr.io/me/pipe@sha256:1", "me/pipe@sha256:1"],
    ["local:5000/x:1", "x:1"],
    ["localhost/x", "x"],
    ["registry.example/other/x", "other/x"],
    ["registry.example/mirrors/x", "mirrors/x"],
  ];
  for (const [image, rest] of names) assertEquals(mirrored(image, REGISTRY), `${REGISTRY}/${rest}`);
  assertEquals(mirrored(`${REGISTRY}/x:1`, REGISTRY), `${REGISTRY}/x:1`);
  assertEquals(mirrored("cassandra:5.0.9", undefined), "cassandra:5.0.9");
});

Deno.test("every image comes from the registry, those that the Pipeline names too", () => {
  for (const rendered of RENDERED) {
    const pods = podsOf(render(rendered, { imageRegistry: REGISTRY }));
    assertEquals(pods.length, 11);
    for (const { containers } of pods) {
      for (const { image } of containers) assert(image.startsWith(`${REGISTRY}/`), image);
    }
  }
  const named = podsOf(
    render([{ images: { kafka: "ghcr.io/me/kafka:1" } }, PLAIN], { imageRegistry: REGISTRY }),
  );
  assertEquals(named[0]!.containers[0].image, `${REGISTRY}/me/kafka:1`);
});

Deno.test("what a Pipeline may run is judged by the name that the image then has", () => {
  const refused = (image: string, registry: string | undefined) =>
    refuseForbidden(pipeline({ images: { kafka: image } }), {
      ...NO_LIMITS,
      images: [`${REGISTRY}/team/`],
      registry,
    })
      .length;
  assertEquals(refused("team/kafka:1", REGISTRY), 0);
  assertEquals(refused("team/kafka:1", undefined), 1);
  assertEquals(refused("other/kafka:1", REGISTRY), 1);
});

Deno.test("where the platform assigns users no pod names one, and all else that protects it stays", () => {
  for (const rendered of RENDERED) {
    const [before, after] = [podsOf(render(rendered, {})), podsOf(render(rendered, { openShift: true }))];
    for (const [at, pod] of after.entries()) {
      const security = pod.securityContext as Record<string, unknown>;
      for (const field of ["runAsUser", "runAsGroup", "fsGroup"]) assert(!(field in security), field);
      assertEquals([security.runAsNonRoot, security.seccompProfile], [true, { type: "RuntimeDefault" }]);
      assertEquals(pod.containers[0].securityContext, before[at]!.containers[0].securityContext);
      assert("runAsUser" in (before[at]!.securityContext as object));
    }
  }
});

Deno.test("each network policy lets pods ask for names where OpenShift answers, too", () => {
  for (const rendered of RENDERED) {
    const policies = render(rendered, { openShift: true }).flatMap(({ objects }) => objects)
      .filter(({ kind }) => kind === "NetworkPolicy");
    assert(policies.length > 9);
    for (const { metadata, spec } of policies) {
      const { egress } = spec as {
        egress: { to?: unknown; ports?: { port: number; protocol?: string }[] }[];
      };
      const names = egress.flatMap(({ ports = [] }) => ports).filter(({ port }) =>
        port === 53 || port === 5353
      );
      assertEquals(names.map(({ port, protocol }) => `${port} ${protocol}`), [
        "53 UDP",
        "53 TCP",
        "5353 UDP",
        "5353 TCP",
      ], metadata.name);
    }
  }
});

Deno.test("the operator sees by itself what the cluster is, unless it is told", async () => {
  const user = async (platform: Reconciling["platform"], ...groups: string[]) => {
    const stage = new Reconciling({});
    stage.platform = platform;
    for (const group of groups) stage.server.groups.add(group);
    await stage.settle();
    const { spec } = (stage.find("StatefulSet/kafka") as Workload).spec.template;
    return (spec.securityContext as { runAsUser?: number }).runAsUser;
  };
  assertEquals(await user("auto"), 1000);
  assertEquals(await user("auto", "security.openshift.io"), undefined);
  assertEquals(await user("kubernetes", "security.openshift.io"), 1000);
  assertEquals(await user("openshift"), undefined);
});
