import { assertEquals } from "@std/assert";
import { RunningRole, runToEnd } from "../e2e/role.ts";
import { integrationTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { until } from "../services/until.ts";
import { startCluster, type TestCluster } from "./cluster/mod.ts";

const ACCOUNT = "finnhub-pipe-operator";
const NAMESPACES = ["team-a", "team-b"];

const ready = (cluster: TestCluster, namespace: string, name = "pipeline") =>
  until(`the pipeline of ${namespace}`, async () => {
    const path = '--output=jsonpath={.status.conditions[?(@.type=="Ready")].status}';
    const status = await cluster.kubectl("-n", namespace, "get", "fpipe", name, path).catch(String);
    return status === "True" || status;
  }, { deadline: 90_000 });

/** What installs the operator in a namespace, as it prints it. */
async function printedFor(namespace: string): Promise<string> {
  const { code, stderr, stdout } = await runToEnd(["operator", "--print-install", "--namespace", namespace]);
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

/** Installs the operator, and returns the kubeconfig of its account. */
async function installed(cluster: TestCluster, namespace: string): Promise<string> {
  await cluster.apply(await printedFor(namespace));
  await cluster.kubectl("-n", namespace, "delete", "deployment", ACCOUNT);
  const token = ["create", "secret", "generic", "finnhub", "--from-literal=token=any"];
  await cluster.kubectl("-n", namespace, ...token);
  return await cluster.kubeconfigFor(ACCOUNT, namespace);
}

integrationTest(
  "operators of two namespaces have what they need, and take nothing from one another",
  async (t) => {
    await using cluster = await startCluster({ mode: "fake", nodes: 3, progress: progressOnStderr() });
    const kubeconfigs: string[] = [];
    for (const namespace of NAMESPACES) kubeconfigs.push(await installed(cluster, namespace));
    const start = (index: number, ...more: string[]) => {
      const [namespace, kubeconfig] = [NAMESPACES[index]!, kubeconfigs[index]!];
      const flags = [
        "--namespace",
        namespace,
        "--kubeconfig",
        kubeconfig,
        "--http-listen",
        "127.0.0.1:0",
        ...more,
      ];
      return new RunningRole("operator", flags, {});
    };

    await t.step("both run at once, with the rights that were printed for them", async () => {
      await using _first = start(0);
      await using second = start(1);
      for (const namespace of NAMESPACES) await ready(cluster, namespace);
      const refused = (await cluster.auditEvents({})).filter(({ code, user }) =>
        code === 403 && user.includes(ACCOUNT)
      );
      assertEquals(refused, []);
      // Each may do nothing in the other's namespace.
      const account = `system:serviceaccount:${NAMESPACES[0]}:${ACCOUNT}`;
      const may = (...what: string[]) =>
        cluster.kubectl("auth", "can-i", ...what, `--as=${account}`).then(
          (answer) => answer.trim(),
          () => "no",
        );
      assertEquals(await may("get", "secrets/finnhub-pipe-credentials", `-n=${NAMESPACES[1]}`), "no");
      assertEquals(await may("get", "secrets/finnhub-pipe-credentials", `-n=${NAMESPACES[0]}`), "yes");
      // Of the token's Secret it looks at the metadata; of others that people made at nothing.
      assertEquals(await may("get", "secrets/finnhub", `-n=${NAMESPACES[0]}`), "yes");
      assertEquals(await may("list", "secrets", `-n=${NAMESPACES[0]}`), "no");
      assertEquals(await may("get", "secrets/another", `-n=${NAMESPACES[0]}`), "no");

      const path = await Deno.makeTempFile({ suffix: ".yaml" });
      await Deno.writeTextFile(path, await printedFor(NAMESPACES[0]!));
      await cluster.kubectl("delete", "-f", path, "--ignore-not-found", "--timeout=60s");
      await cluster.kubectl("-n", NAMESPACES[1]!, "delete", "svc", "kafka");
      await until("the other one to go on", async () => {
        const found = await cluster.kubectl(
          "-n",
          NAMESPACES[1]!,
          "get",
          "svc",
          "kafka",
          "--ignore-not-found",
        );
        return found !== "" || second.stderr.slice(-500);
      }, { deadline: 10_000 });
      await Deno.remove(path);
    });

    await t.step("an operator that is to make no Pipeline waits for the first of somebody", async () => {
      kubeconfigs[0] = await installed(cluster, NAMESPACES[0]!);
      await using operator = start(0, "--default-pipeline=false");
      await operator.says(/"message":"leader"/);
      const metadata = { name: "ours", namespace: NAMESPACES[0] };
      const pipelines = () => cluster.kubectl("-n", NAMESPACES[0]!, "get", "fpipe", "--output=name");
      assertEquals(await pipelines(), "");
      const apiVersion = "finnhub-pipe.dev/v1alpha1";
      await cluster.apply(JSON.stringify({ apiVersion, kind: "Pipeline", metadata, spec: {} }));
      await ready(cluster, NAMESPACES[0]!, "ours");
      assertEquals((await pipelines()).trim(), "pipeline.finnhub-pipe.dev/ours");
    });

    await t.step("two that start together on a bare namespace both go on", async () => {
      await using cluster = await startCluster({ mode: "api", progress: progressOnStderr() });
      const flags = [
        "--namespace",
        "bare",
        "--kubeconfig",
        cluster.kubeconfig,
        "--http-listen",
        "127.0.0.1:0",
      ];
      await using one = new RunningRole("operator", flags, {});
      await using other = new RunningRole("operator", flags, {});
      await Promise.all([one, other].map((each) => each.says(/"message":"(leader|stands by)"/)));
      const made = [one, other].filter(({ stderr }) => stderr.includes('"message":"made a Pipeline"'));
      assertEquals(made.length, 1);
    });
  },
);
