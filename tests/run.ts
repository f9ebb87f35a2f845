/**
 * Runs the tests: first those that need nothing, then those that need servers, which are started once for all of them,
 * then those that start a Kubernetes of their own. With paths as arguments it runs just those test files.
 *
 * A module that failed runs once more, by itself: these tests kill servers under load, and a machine that others use
 * too can be too slow for a deadline. What failed first is listed at the end in either case, with why.
 *
 * The last line of output is `N passed, N failed, N skipped`; the exit code is 0 when something ran and nothing failed.
 */
import { kubeboxBinary } from "./kubernetes/cluster/binary.ts";
import { type Endpoints, progressOnStderr, startServices } from "./services/mod.ts";
import { SHARED_SERVICES } from "./services/shared.ts";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const MINUTE = 60_000;
/** Far above what the stages take: they end a run that hangs. */
const UNIT_DEADLINE = 5 * MINUTE;
const SERVICES_DEADLINE = 15 * MINUTE;
const INTEGRATION_DEADLINE = 30 * MINUTE;
const KUBERNETES_BUILD_DEADLINE = 60 * MINUTE;
const KUBERNETES_DEADLINE = 30 * MINUTE;
/** Between SIGTERM and SIGKILL. */
const GRACE = 10_000;

/** Reads one line of `deno test`'s output: its counts when it is the summary. */
export function readSummary(line: string): Counts | undefined {
  // deno-lint-ignore no-control-regex
  const plain = line.replaceAll(/\x1b\[[0-9;]*m/g, "").trim();
  if (!/^(ok|FAILED) \| \d+ passed/.test(plain)) return undefined;
  const count = (word: string) => Number(new RegExp(`\\| (\\d+) ${word}`).exec(plain)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), skipped: count("ignored") };
}

/** The modules of which `deno test` says that one of their tests failed. */
export function failedModules(output: string): string[] {
  // deno-lint-ignore no-control-regex
  const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, "");
  const failed = new Set<string>();
  let module = "";
  for (const line of plain.split("\n")) {
    const [, started] = /^running \d+ tests? from (\S+)$/.exec(line) ?? [];
    if (started !== undefined) module = started;
    // After a test that was slow or said something, the word stands on a line of its own.
    if (/(\.\.\.|^) ?FAILED \(/.test(line)) failed.add(module);
    const [, thrown] = /^(\S+_test\.ts) \(uncaught error\)/.exec(line) ?? [];
    if (thrown !== undefined) failed.add(thrown);
  }
  return [...failed];
}

/** Adds up the counts of stages. */
export function sum(counts: readonly Counts[]): Counts {
  const total = (key: keyof Counts) => counts.reduce((before, each) => before + each[key], 0);
  return { passed: total("passed"), failed: total("failed"), skipped: total("skipped") };
}

/** What failed first, for the end of the output: a log is read from its end. */
const failures: string[] = [];

/** From where `deno test` says what failed, at most so many characters. */
const FAILURE_TEXT = 6_000;

/** Runs `deno test`, and the modules that failed once more. */
async function denoTest(
  options: string[],
  paths: readonly string[],
  env: Record<string, string>,
  deadline: number,
): Promise<Counts> {
  const first = await run([...options, ...paths], env, deadline);
  if (first.counts.failed === 0) return first.counts;
  const at = first.output.lastIndexOf("ERRORS");
  failures.push(first.output.slice(at < 0 ? -FAILURE_TEXT : at).slice(0, FAILURE_TEXT));
  const modules = failedModules(first.output);
  if (modules.length === 0) return first.counts;
  console.error(`--- once more: ${modules.join(" ")}`);
  const second = await run([...options, ...modules], env, deadline);
  failures.push(`once more, by themselves: ${second.counts.failed} failed of ${modules.join(" ")}`);
  return {
    ...first.counts,
    passed: first.counts.passed + first.counts.failed - second.counts.failed,
    failed: second.counts.failed,
  };
}

/** Runs `deno test` and passes its output on. A run that ends badly without a failed test counts as one. */
async function run(
  args: string[],
  env: Record<string, string>,
  deadline: number,
): Promise<{ counts: Counts; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", ...args],
    env,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const timers = [
    setTimeout(() => {
      console.error(
        `deno test (pid ${child.pid}) did not end in ${deadline / MINUTE} minutes and is stopped`,
      );
      child.kill("SIGTERM");
    }, deadline),
    setTimeout(() => child.kill("SIGKILL"), deadline + GRACE),
  ];
  const [passThrough, toRead] = child.stdout.tee();
  const shown = (async () => {
    for await (const chunk of passThrough) await writeAll(chunk);
  })();
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  let output = "";
  for await (const line of lines(toRead)) {
    Object.assign(counts, readSummary(line));
    output += `${line}\n`;
  }
  await shown;
  const { success } = await child.status;
  timers.forEach(clearTimeout);
  if (!success && counts.failed === 0) counts.failed = 1;
  return { counts, output };
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await Deno.stdout.write(bytes.subarray(written));
  }
}

async function* lines(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
  yield rest;
}

/** Those of the folders that have a test module: `deno test` fails when it is given none. */
async function withTests(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    if (await hasTests(folder)) found.push(folder);
    else console.error(`${folder} has no tests`);
  }
  return found;
}

async function hasTests(folder: string): Promise<boolean> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory ? await hasTests(`${folder}/${name}`) : name.endsWith("_test.ts")) return true;
  }
  return false;
}

/** Runs a stage and prints how long it took. What it throws counts as one failed test. */
async function stage(name: string, run: () => Promise<Counts>): Promise<Counts> {
  console.error(`--- ${name}`);
  const started = performance.now();
  let counts: Counts;
  try {
    counts = await run();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    counts = { passed: 0, failed: 1, skipped: 0 };
  }
  console.error(`--- ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return counts;
}

async function unitTests(): Promise<Counts> {
  const folders = await withTests(["tests/unit"]);
  return folders.length > 0 ? await denoTest([], folders, {}, UNIT_DEADLINE) : sum([]);
}

async function serverTests(paths: readonly string[]): Promise<Counts> {
  if (paths.length === 0) return sum([]);
  await using services = await inTime("the servers did not start", SERVICES_DEADLINE, (signal) => {
    return startServices({ progress: progressOnStderr(), signal });
  });
  const { kafka: { bootstrap }, cassandra: { hosts, port } } = services;
  const endpoints: Endpoints = { kafka: { bootstrap }, cassandra: { hosts, port } };
  const env = {
    [SHARED_SERVICES]: JSON.stringify(endpoints),
    FINNHUB_PIPE_BINARY: binary(),
  };
  return await denoTest(["-P=integration"], paths, env, INTEGRATION_DEADLINE);
}

async function kubernetesTests(paths: readonly string[], options: string[] = []): Promise<Counts> {
  if (paths.length === 0) return sum([]);
  // Here and not in the tests: their deadline is not for a build.
  await inTime("Kubernetes was not built", KUBERNETES_BUILD_DEADLINE, (signal) => {
    return kubeboxBinary(progressOnStderr(), signal);
  });
  const env = { FINNHUB_PIPE_BINARY: binary() };
  return await denoTest(["-P=integration", ...options], paths, env, KUBERNETES_DEADLINE);
}

const binary = () => `${Deno.cwd()}/finnhub-pipe`;

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

const KUBERNETES = "tests/kubernetes";
/** Its pods are real, which takes minutes: make e2e runs it. */
const REAL = `${KUBERNETES}/real`;

async function allTests(): Promise<Counts[]> {
  return [
    await stage("unit tests", unitTests),
    await stage("tests with servers", async () => {
      return await serverTests(await withTests(["tests/integration", "tests/e2e", "tests/services"]));
    }),
    await stage(
      "tests with Kubernetes",
      async () => await kubernetesTests(await withTests([KUBERNETES]), [`--ignore=${REAL}`]),
    ),
  ];
}

async function namedTests(paths: readonly string[]): Promise<Counts[]> {
  const { cluster = [], servers = [] } = Object.groupBy(paths, (path) => {
    return path.startsWith(KUBERNETES) ? "cluster" : "servers";
  });
  return [
    await stage("named tests with servers", () => serverTests(servers)),
    await stage("named tests with Kubernetes", () => kubernetesTests(cluster)),
  ];
}

if (import.meta.main) {
  Deno.chdir(new URL("..", import.meta.url));
  const counts = Deno.args.length > 0 ? await namedTests(Deno.args) : await allTests();
  const { passed, failed, skipped } = sum(counts);
  for (const text of failures) console.log(text);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  Deno.exit(failed > 0 || passed === 0 ? 1 : 0);
}
