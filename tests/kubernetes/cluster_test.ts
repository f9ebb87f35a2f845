import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { until } from "../services/until.ts";
import { startCluster, type TestCluster, WRITES } from "./cluster/mod.ts";
import { deployment, job, pod, statefulSet } from "./workloads.ts";

interface Pod {
  metadata: { name: string; uid: string };
  spec: { nodeName: string };
  status: {
    phase: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: {
      image: string;
      restartCount: number;
      state: { waiting?: { reason: string; message?: string }; terminated?: { exitCode: number } };
    }[];
  };
}

const apply = (cluster: TestCluster, ...items: unknown[]) =>
  cluster.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items }));

async function podsOf(cluster: TestCluster, app: string): Promise<Pod[]> {
  return JSON.parse(await cluster.kubectl("get", "pods", `--selector=app=${app}`, "--output=json")).items;
}

async function podNamed(cluster: TestCluster, name: string): Promise<Pod> {
  return JSON.parse(await cluster.kubectl("get", "pod", name, "--output=json"));
}

const isReady = ({ status }: Pod) =>
  status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

/** Waits until a pod is as it should be, and returns it. */
async function podThat(cluster: TestCluster, name: string, holds: (pod: Pod) => boolean): Promise<Pod> {
  let found: Pod | undefined;
  await until(`pod ${name}`, async () => {
    found = await podNamed(cluster, name);
    return holds(found) || JSON.stringify(found.status);
  }, { deadline: 20_000 });
  return found!;
}

/** Milliseconds that something took. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return Math.round(performance.now() - started);
}

integrationTest("workloads run on the cluster of fake nodes as on a real one", async (t) => {
  const progress = progressOnStderr();
  await using cluster = await startCluster({ mode: "fake", nodes: 3, progress });

  await t.step("a StatefulSet gets its volumes and spreads over the zones", async () => {
    const took = await timed(async () => {
      await apply(cluster, statefulSet("db", 3, "1Gi"));
      await cluster.kubectl("rollout", "status", "statefulset/db", "--timeout=60s");
    });
    progress(`a StatefulSet of 3 with volumes was ready after ${took} ms`);
    const pods = await podsOf(cluster, "db");
    assertEquals(pods.map(({ spec }) => spec.nodeName).sort(), ["fake-0", "fake-1", "fake-2"]);
    const claims = await cluster.kubectl("get", "pvc", "--output=jsonpath={.items[*].status.phase}");
    assertEquals(claims, "Bound Bound Bound");
  });

  await t.step("a claim grows where its class allows it, and is refused where not", async () => {
    const grow = (claim: string) => {
      const patch = JSON.stringify({ spec: { resources: { requests: { storage: "2Gi" } } } });
      return cluster.kubectl("patch", "pvc", claim, `--patch=${patch}`);
    };
    await grow("data-db-0");
    await cluster.kubectl(
      "wait",
      "pvc/data-db-0",
      "--for=jsonpath={.status.capacity.storage}=2Gi",
      "--timeout=20s",
    );
    const spec = {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "fixed",
      resources: { requests: { storage: "1Gi" } },
    };
    await apply(cluster, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "small" },
      spec,
    });
    await cluster.kubectl("wait", "pvc/small", "--for=jsonpath={.status.phase}=Bound", "--timeout=20s");
    await assertRejects(() => grow("small"), Error, "only dynamically provisioned pvc can be resized");
  });

  await t.step("volumes go with their claims", async () => {
    await cluster.kubectl("delete", "pvc", "small", "--timeout=20s");
    await until("the volume to be gone", async () => {
      const classes = await cluster.kubectl(
        "get",
        "pv",
        "--output=jsonpath={.items[*].spec.storageClassName}",
      );
      return classes === "standard standard standard" || classes;
    }, { deadline: 20_000 });
  });

  await t.step("a Deployment rolls to another image", async () => {
    const took = await timed(async () => {
      await apply(cluster, deployment("web", 2));
      await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=30s");
      await apply(cluster, deployment("web", 2, { image: "example/one:2" }));
      await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=30s");
    });
    progress(`a Deployment of 2 was up and had rolled after ${took} ms`);
    await until("the pods of the first image to be gone", async () => {
      const images = (await podsOf(cluster, "web")).map(({ status }) => status.containerStatuses?.[0]?.image);
      return images.join() === "example/one:2,example/one:2" || images.join();
    });
  });

  await t.step("a Job completes, and one that exits with 3 fails", async () => {
    const took = await timed(async () => {
      await apply(cluster, job("good"), job("bad", { script: { "exit-code": "3" } }));
      await cluster.kubectl("wait", "job/good", "--for=condition=Complete", "--timeout=20s");
    });
    progress(`a Job had completed after ${took} ms`);
    await cluster.kubectl("wait", "job/bad", "--for=condition=Failed", "--timeout=20s");
    const [failed] = await podsOf(cluster, "bad");
    assertEquals(failed!.status.phase, "Failed");
    assertEquals(failed!.status.containerStatuses![0]!.state.terminated!.exitCode, 3);
  });

  await t.step("a Job that restarts its container gives up at its limit", async () => {
    const script = { "exit-code": "1" };
    await apply(cluster, job("stubborn", { script, retries: 1, spec: { restartPolicy: "OnFailure" } }));
    await cluster.kubectl("wait", "job/stubborn", "--for=condition=Failed", "--timeout=30s");
  });

  await t.step("ready-after delays readiness", async () => {
    await apply(cluster, pod("slow", { script: { "ready-after": "2s" } }));
    await podThat(cluster, "slow", ({ status }) => status.phase === "Running");
    assert(!isReady(await podNamed(cluster, "slow")));
    await podThat(cluster, "slow", isReady);
  });

  await t.step("a running pod is hurt and healed by annotations", async () => {
    await apply(cluster, pod("victim"));
    await podThat(cluster, "victim", isReady);
    await cluster.kubectl("annotate", "pod", "victim", "fakenode/ready=false");
    await podThat(cluster, "victim", (pod) => !isReady(pod) && pod.status.phase === "Running");
    await cluster.kubectl("annotate", "pod", "victim", "fakenode/ready-");
    await podThat(cluster, "victim", isReady);
  });

  await t.step("waiting containers give their reason", async () => {
    await apply(
      cluster,
      pod("crashing", { script: { waiting: "CrashLoopBackOff", restarts: "4" } }),
      pod("pulling", { script: { waiting: "ImagePullBackOff", message: "no such image" } }),
    );
    const crashing = await podThat(
      cluster,
      "crashing",
      ({ status }) => status.containerStatuses !== undefined,
    );
    assertEquals(crashing.status.phase, "Running");
    assertEquals(crashing.status.containerStatuses![0]!.state.waiting!.reason, "CrashLoopBackOff");
    assertEquals(crashing.status.containerStatuses![0]!.restartCount, 4);
    const pulling = await podThat(cluster, "pulling", ({ status }) => status.containerStatuses !== undefined);
    assertEquals(pulling.status.phase, "Pending");
    const { waiting } = pulling.status.containerStatuses![0]!.state;
    assertEquals(waiting, { reason: "ImagePullBackOff", message: "no such image" });
  });

  await t.step("a pod waits for the Secret that it mounts", async () => {
    const volumes = [{ name: "login", secret: { secretName: "login" } }];
    await apply(cluster, pod("mounting", { spec: { volumes } }));
    const waiting = await podThat(
      cluster,
      "mounting",
      ({ status }) => status.containerStatuses !== undefined,
    );
    assertEquals(waiting.status.containerStatuses![0]!.state.waiting, {
      reason: "ContainerCreating",
      message: 'secret "login" not found',
    });
    await cluster.kubectl("create", "secret", "generic", "login", "--from-literal=password=none");
    await podThat(cluster, "mounting", isReady);
  });

  await t.step("a deleted pod takes its time, and no longer than its grace", async () => {
    const script = { "stop-after": "1h" };
    await apply(cluster, pod("deaf", { script, spec: { terminationGracePeriodSeconds: 2 } }), pod("quick"));
    await podThat(cluster, "deaf", isReady);
    await podThat(cluster, "quick", isReady);
    const deaf = await timed(() => cluster.kubectl("delete", "pod", "deaf"));
    const quick = await timed(() => cluster.kubectl("delete", "pod", "quick"));
    assert(deaf >= 1900 && deaf < 8000, `deaf took ${deaf} ms`);
    assert(quick < 1900, `quick took ${quick} ms`);
  });

  await t.step("what a killed API server kept comes back with it, and the controllers go on", async () => {
    await cluster.stopApiServer();
    await assertRejects(() => cluster.kubectl("get", "pods"), Error, "refused");
    const took = await timed(() => cluster.startApiServer());
    progress(`the API server was back after ${took} ms`);
    assertEquals((await podsOf(cluster, "db")).length, 3);
    await cluster.kubectl("delete", "pod", "db-1");
    await cluster.kubectl("rollout", "status", "statefulset/db", "--timeout=60s");
  });

  await t.step("a namespace goes with all that is in it", async () => {
    await cluster.kubectl("create", "namespace", "crowded");
    await cluster.kubectl("--namespace=crowded", "create", "deployment", "app", "--image=example/one:1");
    await cluster.kubectl("delete", "namespace", "crowded", "--timeout=60s");
  });
});

integrationTest("the API server limits a service account, and audits what it does", async (t) => {
  const progress = progressOnStderr();
  let cluster!: TestCluster;
  const took = await timed(async () => cluster = await startCluster({ mode: "api", progress }));
  progress(`a bare API server was up after ${took} ms`);
  await using _ = cluster;
  const since = new Date();
  await cluster.kubectl("create", "serviceaccount", "robot");
  await cluster.kubectl("create", "role", "robot", "--verb=get,create", "--resource=configmaps");
  await cluster.kubectl("create", "rolebinding", "robot", "--role=robot", "--serviceaccount=default:robot");
  const kubeconfig = `--kubeconfig=${await cluster.kubeconfigFor("robot", "default")}`;

  await t.step("it may do what its role says, and nothing else", async () => {
    assertMatch(
      await cluster.kubectl(kubeconfig, "auth", "whoami"),
      /system:serviceaccount:default:robot/,
    );
    await cluster.kubectl(kubeconfig, "create", "configmap", "made", "--from-literal=by=robot");
    await assertRejects(() => cluster.kubectl(kubeconfig, "get", "secrets"), Error, "Forbidden");
  });

  await t.step("the audit log has its write, and only that", async () => {
    const user = "system:serviceaccount:default:robot";
    const writes = await cluster.auditEvents({ user, verbs: WRITES, since });
    const found = writes.filter(({ resource }) => resource !== "selfsubjectreviews");
    assertEquals(found.map(({ verb, resource, name, code }) => ({ verb, resource, name, code })), [
      { verb: "create", resource: "configmaps", name: "made", code: 201 },
    ]);
    assertMatch(found[0]!.userAgent, /^kubectl/);
    const [refused] = await cluster.auditEvents({ user, resource: "secrets" });
    assertEquals(refused!.code, 403);
  });

  await t.step("requests are counted", async () => {
    const counts = await cluster.apiserverRequests();
    const made = counts.find(({ verb, resource }) => verb === "POST" && resource === "configmaps");
    assert(
      made && made.count >= 1,
      JSON.stringify(counts.filter(({ resource }) => resource === "configmaps")),
    );
  });
});
