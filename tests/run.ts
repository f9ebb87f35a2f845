/**
 * Runs the tests: first those that need nothing, then those that need servers, which are started once for all of them,
 * then those that start a Kubernetes of their own. With paths as arguments it runs just those test files.
 *
 * The output ends with what failed, also what passed the second time, and with `N passed, N failed, N skipped`; the exit
 * code is 0 when something ran and nothing failed.
 */
import { type Counts, type ModuleResult, runModules, sum, testModules } from "./deno_test.ts";
import { kubeboxBinary } from "./kubernetes/cluster/binary.ts";
import { type Endpoints, progressOnStderr, startServices } from "./services/mod.ts";
import { SHARED_SERVICES } from "./services/shared.ts";
import { foundVersions } from "./versions.ts";

const MINUTE = 60_000;
/** Far above what they are for: they end what hangs. */
const UNIT_DEADLINE = 5 * MINUTE;
const MODULE_DEADLINE = 15 * MINUTE;
const SERVICES_DEADLINE = 15 * MINUTE;
const KUBERNETES_BUILD_DEADLINE = 60 * MINUTE;

const KUBERNETES = "tests/kubernetes";
/** Its pods are real, which takes minutes: make e2e runs it. */
const REAL = `${KUBERNETES}/real`;

/** What failed, in full. */
const details: string[] = [];
/** A line for each failure, for the very end: a log is read from its end. */
const verdicts: string[] = [];

/** Runs a stage and prints how long it took. What it throws counts as one failed test. */
async function stage(name: string, run: () => Promise<ModuleResult[]>): Promise<Counts> {
  console.error(`--- ${name}`);
  const started = performance.now();
  const counts: Counts[] = [];
  try {
    for (const { counts: each, failures, module } of await run()) {
      counts.push(each);
      if (failures.length === 0) continue;
      details.push(...failures);
      verdicts.push(`${each.failed > 0 ? "FAILED" : "failed once, then passed"}: ${module}`);
    }
  } catch (error) {
    console.error(error);
    verdicts.push(`FAILED: ${name}: ${error instanceof Error ? error.message : error}`);
    counts.push({ passed: 0, failed: 1, skipped: 0 });
  }
  console.error(`--- ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return sum(counts);
}

async function serverTests(modules: readonly string[]): Promise<ModuleResult[]> {
  if (modules.length === 0) return [];
  const start = () =>
    inTime("the servers did not start", SERVICES_DEADLINE, (signal) => {
      return startServices({ progress: progressOnStderr(), signal });
    });
  // Another program may take a port between its choice and its use: all tests of this stage would be lost by that.
  await using services = await start().catch((error) => {
    console.error(error);
    return start();
  });
  const { kafka: { bootstrap }, cassandra: { hosts, port } } = services;
  const endpoints: Endpoints = { kafka: { bootstrap }, cassandra: { hosts, port } };
  return await withBinary(modules, { [SHARED_SERVICES]: JSON.stringify(endpoints) });
}

async function kubernetesTests(modules: readonly string[]): Promise<ModuleResult[]> {
  if (modules.length === 0) return [];
  // Here and not in the tests: their deadline is not for a build.
  await inTime("Kubernetes was not built", KUBERNETES_BUILD_DEADLINE, (signal) => {
    return kubeboxBinary(progressOnStderr(), signal);
  });
  // Each has a cluster of its own, and waits for most of its time.
  return await withBinary(modules, {}, 2);
}

function withBinary(
  modules: readonly string[],
  env: Record<string, string>,
  atOnce = 1,
): Promise<ModuleResult[]> {
  return runModules(modules, {
    // make test has checked the types.
    options: ["-P=integration", "--no-check"],
    env: { ...env, FINNHUB_PIPE_BINARY: `${Deno.cwd()}/finnhub-pipe` },
    deadline: MODULE_DEADLINE,
    atOnce,
  });
}

/** Runs `work` with a signal that ends it at the deadline. */
async function inTime<T>(
  late: string,
  deadline: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const reason = new Error(`${late} in ${deadline / MINUTE} minutes`);
  const timer = setTimeout(() => controller.abort(reason), deadline);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function below(paths: readonly string[], except: readonly string[] = []): Promise<string[]> {
  return (await Promise.all(paths.map((path) => testModules(path, except)))).flat();
}

async function allTests(): Promise<Counts[]> {
  return [
    await stage(
      "unit tests",
      () => runModules(["tests/unit"], { options: ["--allow-read=."], deadline: UNIT_DEADLINE }),
    ),
    await stage("fuzzers and scripted servers", async () => {
      return await runModules(await below(["tests/fuzz", "tests/scripted"]), {
        options: ["-P=integration", "--no-check"],
        deadline: MODULE_DEADLINE,
      });
    }),
    await stage("tests with servers", async () => {
      return await serverTests(
        await below(["tests/simulation", "tests/integration", "tests/services", "tests/e2e", "tests/compat"]),
      );
    }),
    await stage(
      "tests with Kubernetes",
      async () => await kubernetesTests(await below([KUBERNETES], [REAL])),
    ),
  ];
}

async function namedTests(paths: readonly string[]): Promise<Counts[]> {
  const { cluster = [], servers = [] } = Object.groupBy(await below(paths), (path) => {
    return path.startsWith(KUBERNETES) ? "cluster" : "servers";
  });
  return [
    await stage("named tests with servers", () => serverTests(servers)),
    await stage("named tests with Kubernetes", () => kubernetesTests(cluster)),
  ];
}

Deno.chdir(new URL("..", import.meta.url));
for (const line of await foundVersions()) console.error(`found ${line}`);
const { failed, passed, skipped } = sum(
  Deno.args.length > 0 ? await namedTests(Deno.args) : await allTests(),
);
for (const text of [...details, ...verdicts]) console.log(text);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
Deno.exit(failed > 0 || passed === 0 ? 1 : 0);
