import { assert, assertEquals } from "@std/assert";
import { parseAll } from "@std/yaml";
import type { RunningRole } from "../e2e/role.ts";
import { runCommand } from "../services/run_command.ts";
import { until } from "../services/until.ts";
import type { Json, Operating } from "./operating.ts";
import type { Release } from "./releases.ts";

/** Objects by kind and name. */
type Objects = Map<string, Json>;

/** Kinds that stay the same objects over any change. */
const LASTING = "cm,svc,sts,deploy,pdb,netpol,pvc,secret";
const COMPONENT = "app.kubernetes.io/name";
const MANAGED = "--selector=app.kubernetes.io/managed-by=finnhub-pipe";
const QUIET_MS = 3000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const nameOf = ({ kind, metadata }: Json): string => `${kind}/${metadata.name}`;
const byName = (objects: Json[]): Objects => new Map(objects.map((object) => [nameOf(object), object]));
const needsSetup = (kind: string, name: string): boolean => kind === "Deployment" && name !== "kafdrop";
const isReady = ({ metadata, status }: Json): boolean =>
  metadata.deletionTimestamp === undefined &&
  status.conditions?.some(({ status, type }: Json) => type === "Ready" && status === "True");

/** What a release makes of a Pipeline, as it says itself. */
async function rendered({ executable }: Release, pipeline: string): Promise<Objects> {
  const { output, success } = await runCommand(
    executable,
    ["operator", "--namespace", "pipeline", "--dry-run", "--pipeline", pipeline],
    30_000,
  );
  if (!success) throw new Error(output);
  return byName(parseAll(output) as Json[]);
}

const sameIn = (part: (object: Json) => unknown, one: Objects, other: Objects, name: string): boolean =>
  JSON.stringify(part(one.get(name))) === JSON.stringify(part(other.get(name)));

/** Pods of a component, by their names. */
function podsOf(pods: Json[], component: string): Json[] {
  return pods.filter(({ metadata }) => metadata.labels[COMPONENT] === component)
    .toSorted((a, b) => a.metadata.name < b.metadata.name ? -1 : 1);
}

/** What is seen of a pod that nobody touched. */
const identityOf = ({ metadata, status }: Json) => ({
  name: metadata.name,
  uid: metadata.uid,
  restarts: status.containerStatuses.map(({ restartCount }: Json) => restartCount),
});

export interface Change {
  stage: Operating;
  /** Path of the Pipeline. */
  pipeline: string;
  from: Release;
  to: Release;
  /** The operator of the release `from`. */
  running: RunningRole;
}

/** What a change of release did, and the operator that did it. */
export interface Changed {
  running: RunningRole;
  /** Components whose pods were replaced. */
  rolled: string[];
}

/**
 * Puts one release in another's place as src/operator/README.md says, and holds that this replaces the pods whose template
 * the two releases render differently, in order and without taking more away than one at a time, and touches nothing else.
 */
export async function changeRelease({ from, pipeline, running, stage, to }: Change): Promise<Changed> {
  const [old, now] = [await rendered(from, pipeline), await rendered(to, pipeline)];
  const workloads = [...now].filter(([, { kind }]) => ["StatefulSet", "Deployment"].includes(kind));
  const rolled = workloads.filter(([name]) => !sameIn((each) => each?.spec.template, old, now, name))
    .map(([, { metadata }]) => metadata.name as string).toSorted();
  const before = byName(await stage.list(LASTING));
  const [job] = await stage.list("job", MANAGED);
  const pods = await stage.list("pods", MANAGED);
  const since = new Date();

  await stage.cluster.kubectl("apply", "-f", to.install);
  assertEquals((await running.stop()).code, 0);
  const next = stage.operator(["--pipeline", pipeline], to.executable);
  await next.says(/"message":"leader"/);
  const watched = await watchRoll(stage, workloads.map(([, object]) => object), pods, rolled);
  const after = byName(await stage.list(LASTING));
  const nowPods = await stage.list("pods", MANAGED);

  for (const [name, object] of now) {
    if (object.kind === "Job") continue;
    assert(after.has(name) || object.kind === "CronJob", `${name} is missing`);
    if (!before.has(name)) continue;
    assertEquals(after.get(name).metadata.uid, before.get(name).metadata.uid, `${name} was made anew`);
    if (sameIn((each) => each.spec, old, now, name)) {
      assertEquals(after.get(name).metadata.generation, before.get(name).metadata.generation, name);
    }
  }
  for (const [name, { data, kind, metadata: { uid }, spec }] of before) {
    if (!["Secret", "PersistentVolumeClaim"].includes(kind)) continue;
    const { data: nowData, metadata, spec: nowSpec } = after.get(name);
    // A later version may need more passwords; those that servers know stay.
    assertEquals([metadata.uid, { ...nowData, ...data }, nowSpec], [uid, { ...nowData }, spec], name);
  }
  for (const [name, { metadata: { name: component }, spec }] of workloads) {
    const [was, is] = [podsOf(pods, component), podsOf(nowPods, component)];
    if (!rolled.includes(component)) {
      assertEquals(is.map(identityOf), was.map(identityOf), `pods of ${name} were replaced`);
      continue;
    }
    const [wanted] = spec.template.spec.containers;
    assertEquals(is.map((pod) => pod.spec.containers[0].image), was.map(() => wanted.image), name);
    const kept = is.filter(({ metadata }) => was.some((pod) => pod.metadata.uid === metadata.uid));
    assertEquals(kept.map(nameOf), [], `pods of ${name} that were to be replaced`);
  }
  assertEquals(watched, [], "while it was changed");

  const gone = [...old.keys()].filter((name) => !now.has(name) && !name.startsWith("Job/"));
  const setupIs = (await stage.list("job", MANAGED)).map(nameOf);
  const setupWas = [...old.keys()].find((name) => name.startsWith("Job/"))!;
  const deleted = (await stage.writes(since)).filter((write) => write.startsWith("delete "));
  assertEquals(
    deleted.length,
    gone.length + (setupIs.includes(nameOf(job)) ? 0 : 1),
    `of ${gone.join(" ")} and ${setupWas}: ${deleted.join(", ")}`,
  );
  assertEquals(setupIs.length, 1);
  assertEquals(await stage.refusals(), []);
  return { running: next, rolled };
}

/** Watches a roll until all is as wanted and quiet; what was wrong meanwhile. */
async function watchRoll(
  stage: Operating,
  workloads: Json[],
  before: Json[],
  rolled: readonly string[],
): Promise<string[]> {
  const old = new Set(before.map(({ metadata }) => metadata.uid));
  const wrong = new Set<string>();
  let quietSince = performance.now();
  await until("the new release to be settled", async () => {
    // In this order: a Job that is seen to be done was perhaps not yet when the pods were seen.
    const pods = await stage.list("pods", MANAGED);
    const setupDone = (await stage.list("job", MANAGED)).every(({ metadata, status }) =>
      metadata.deletionTimestamp !== undefined || status.succeeded === 1
    );
    const late: string[] = [];
    for (const { kind, metadata: { name }, spec: { replicas, strategy } } of workloads) {
      const mine = podsOf(pods, name);
      const ready = mine.filter(isReady).length;
      const spare = !rolled.includes(name) || kind === "Deployment" ? 0 : 1;
      if (ready < replicas - spare && strategy?.type !== "Recreate") wrong.add(`${ready} pods of ${name}`);
      const fresh = mine.filter(({ metadata }) => !old.has(metadata.uid));
      if (fresh.length > 0 && needsSetup(kind, name) && !setupDone) wrong.add(`${name} rolled before setup`);
      if (mine.length !== replicas || ready !== replicas) late.push(name);
      if (rolled.includes(name) && fresh.length !== replicas) late.push(name);
    }
    const earlier = podsOf(pods, "processor").some(({ metadata }) => old.has(metadata.uid));
    const later = podsOf(pods, "producer").some(({ metadata }) => !old.has(metadata.uid));
    // It may write what an earlier processor cannot read.
    if (later && earlier && rolled.includes("processor")) wrong.add("a producer before all processors");
    const condition = await stage.condition("Ready");
    const settled = late.length === 0 && setupDone && condition?.status === "True";
    if (!settled) quietSince = performance.now();
    return settled && performance.now() - quietSince > QUIET_MS ||
      `${late.join()} ${JSON.stringify(condition)}`;
  }, { deadline: 120_000, interval: 20 });
  return [...wrong];
}

/** Starts the operator of a release again, which has nothing to do; it. */
export async function startAgain(
  stage: Operating,
  { executable }: Release,
  pipeline: string,
  running: RunningRole,
): Promise<RunningRole> {
  assertEquals((await running.stop()).code, 0);
  const since = new Date();
  const again = stage.operator(["--pipeline", pipeline], executable);
  await until("a pass", async () => {
    await again.says(/"message":"leader"/);
    return await again.metric("finnhub_pipe_operator_reconcile_total") > 0 || "none yet";
  });
  await pause(QUIET_MS);
  assertEquals(await stage.writes(since), []);
  return again;
}
