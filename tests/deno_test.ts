/** Runs test modules with `deno test`, each in a process of its own: one that hangs or leaks hurts no other. */

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface DenoTestOptions {
  /** Options of `deno test`, for each module. */
  options?: readonly string[];
  env?: Record<string, string>;
  /** Milliseconds that a module may take. */
  deadline: number;
  /** Where the output goes. Default standard output. */
  show?: WritableStream<Uint8Array>;
  /** How many modules run at once, for those that share nothing. The output of each is shown when it ends. Default 1. */
  atOnce?: number;
}

const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };
/** Between SIGTERM and SIGKILL, milliseconds. */
const GRACE = 10_000;
/** From where `deno test` says what failed, at most so many characters. */
const FAILURE_TEXT = 3000;

/** Reads one line of `deno test`'s output: its counts when it is the summary. */
export function readSummary(line: string): Counts | undefined {
  const text = plain(line).trim();
  if (!/^(ok|FAILED) \| \d+ passed/.test(text)) return undefined;
  const count = (word: string) => Number(new RegExp(`\\| (\\d+) ${word}`).exec(text)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), skipped: count("ignored") };
}

/** What `deno test` says of failures: its part of errors, or, when it has none, how the output ends. */
export function failureText(output: string): string {
  const text = plain(output);
  const at = text.indexOf("\n ERRORS");
  return text.slice(at < 0 ? -FAILURE_TEXT : at).slice(0, FAILURE_TEXT).trim();
}

/** Adds up counts. */
export function sum(counts: readonly Counts[]): Counts {
  const total = (key: keyof Counts) => counts.reduce((before, each) => before + each[key], 0);
  return { passed: total("passed"), failed: total("failed"), skipped: total("skipped") };
}

/** What became of a module: how often it was tried, and why it failed first. */
export interface ModuleResult {
  module: string;
  counts: Counts;
  failures: string[];
}

/**
 * Runs modules, one after the other unless told otherwise. One that failed runs once more, alone, when all others have: these
 * tests kill servers under load, and a machine that others use too can be too slow for a deadline.
 */
export async function runModules(
  modules: readonly string[],
  options: DenoTestOptions,
): Promise<ModuleResult[]> {
  const results: ModuleResult[] = [];
  let next = 0;
  const runSome = async () => {
    for (let at = next++; at < modules.length; at = next++) {
      const module = modules[at]!;
      const { counts, output } = await runModule(module, options);
      results[at] = { module, counts, failures: counts.failed > 0 ? [failureText(output)] : [] };
    }
  };
  const { atOnce = 1 } = options;
  await Promise.all(Array.from({ length: atOnce }, runSome));
  for (const result of results) {
    if (result.counts.failed === 0) continue;
    console.error(`--- once more: ${result.module}`);
    const { counts, output } = await runModule(result.module, { ...options, atOnce: 1 });
    result.counts = counts;
    if (counts.failed > 0) result.failures.push(failureText(output));
  }
  return results;
}

/** Runs `deno test` and passes its output on. A run that ends badly without a failed test counts as one. */
async function runModule(
  module: string,
  { atOnce = 1, deadline, env = {}, options = [], show = Deno.stdout.writable }: DenoTestOptions,
): Promise<{ counts: Counts; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", ...options, module],
    env: Deno.stdout.isTerminal() ? env : { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let output = "";
  const timers = [
    setTimeout(() => {
      const late = `${module} (pid ${child.pid}) did not end in ${deadline / 60_000} minutes and is stopped`;
      console.error(late);
      output += `${late}\n`;
      child.kill("SIGTERM");
    }, deadline),
    setTimeout(() => child.kill("SIGKILL"), deadline + GRACE),
  ];
  const [passThrough, toRead] = child.stdout.tee();
  const shown = atOnce === 1 ? passThrough.pipeTo(show, { preventClose: true }) : passThrough.cancel();
  const counts = { ...NONE };
  for await (const line of lines(toRead)) {
    Object.assign(counts, readSummary(line));
    output += `${line}\n`;
  }
  await shown;
  const { success } = await child.status;
  timers.forEach(clearTimeout);
  if (atOnce > 1) await showWhole(show, output);
  if (!success && counts.failed === 0) counts.failed = 1;
  return { counts, output };
}

let showing = Promise.resolve();

/** Shows an output as one piece, after those that came before. */
function showWhole(show: WritableStream<Uint8Array>, output: string): Promise<void> {
  showing = showing.then(async () => {
    const writer = show.getWriter();
    await writer.write(new TextEncoder().encode(output));
    writer.releaseLock();
  });
  return showing;
}

/** The test modules below a file or folder, sorted. */
export async function testModules(path: string, except: readonly string[] = []): Promise<string[]> {
  if (except.includes(path)) return [];
  if ((await Deno.stat(path)).isFile) return [path];
  const found: string[] = [];
  for await (const { isDirectory, name } of Deno.readDir(path)) {
    if (isDirectory) found.push(...await testModules(`${path}/${name}`, except));
    else if (name.endsWith("_test.ts")) found.push(`${path}/${name}`);
  }
  return found.sort();
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

// deno-lint-ignore no-control-regex
const plain = (text: string) => text.replaceAll(/\x1b\[[0-9;]*m/g, "");
