import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseAll } from "@std/yaml";
import written from "../../../manifests/operator.yaml" with { type: "text" };
import { ClusterError, type KubernetesObject } from "../../../src/kubernetes/cluster.ts";
import { install, makeDefaultPipeline } from "../../../src/operator/install.ts";
import { installOf, installText } from "../../../src/operator/print_install.ts";
import { isWorkload } from "../../../src/operator/workload.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { FakeCluster } from "../kubernetes/fake_cluster.ts";

const SIGNAL = new AbortController().signal;
const log = createLogger({ level: "error", format: "text", write: () => {}, now: () => 0 });
const conflict = () => {
  throw new ClusterError("exists", { status: 409, reason: "AlreadyExists" });
};

Deno.test("of two operators that start together none fails since the other was first", async () => {
  const server = new FakeCluster();
  let refused = 0;
  // The other one is answered first, each time.
  server.before = (verb, what) => {
    if (verb === "apply" && refused < 2 && /^(Namespace|Custom)/.test(what)) {
      refused++;
      conflict();
    }
    if (verb === "create" && what.startsWith("Pipeline")) conflict();
  };
  await install(server, "trades", log, SIGNAL);
  await makeDefaultPipeline(server, "trades", log, SIGNAL);
  assertEquals(refused, 2);
  server.before = () => {
    throw new ClusterError("no", { status: 403, reason: "Forbidden" });
  };
  await assertRejects(() => makeDefaultPipeline(server, "trades", log, SIGNAL), ClusterError);
});

Deno.test("the operator comes from the registry that it takes all images from, and fits OpenShift", () => {
  const made = installOf("team-a", { imageRegistry: "registry.example/mirror", openShift: true });
  const { spec } = made.find(isWorkload)!.spec.template;
  const [{ args, image }] = spec.containers;
  assertEquals(image, "registry.example/mirror/finnhub-pipe:0.1.0");
  const told = (args as string[]).slice(-4);
  assertEquals(told, ["--image-registry", "registry.example/mirror", "--platform", "openshift"]);
  assertEquals(spec.securityContext, { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
  const policy = JSON.stringify(made.find(({ kind }) => kind === "NetworkPolicy"));
  assert(policy.includes('"port":53,') && policy.includes('"port":5353,'));
  assert(!JSON.stringify(installOf("team-a")).includes("5353"));
});

Deno.test("the file that installs the operator is printed for a namespace of any name", () => {
  const file = parseAll(written) as KubernetesObject[];
  // With the file's own namespace it is the file.
  assertEquals(installOf("pipeline"), structuredClone(file));
  assertEquals(parseAll(installText("pipeline")), structuredClone(file));
  for (const namespace of ["team-a", "a", "pipeline-pipeline", "n".repeat(63)]) {
    const moved = parseAll(installText(namespace)) as KubernetesObject[];
    assertEquals(moved.map(({ kind }) => kind), file.map(({ kind }) => kind));
    const inside = moved.filter(({ metadata }) => metadata.namespace !== undefined);
    assert(inside.length > 4 && inside.every(({ metadata }) => metadata.namespace === namespace));
    const outside = moved.filter(({ metadata }) => metadata.namespace === undefined);
    assertEquals(outside.map(({ kind, metadata }) => [kind, metadata.name]), [
      ["Namespace", namespace],
      ["ClusterRole", `finnhub-pipe-operator-${namespace}`],
      ["ClusterRoleBinding", `finnhub-pipe-operator-${namespace}`],
    ]);
    const text = JSON.stringify(moved).replaceAll(namespace, "").replaceAll(/finnhub-pipe|pipelines/g, "");
    assert(!/"pipeline"|-pipeline"/.test(text), text.match(/.{40}"-?pipeline".{40}/)?.[0]);
    assert(JSON.stringify(moved).includes(`"--namespace","${namespace}"`));
  }
});
