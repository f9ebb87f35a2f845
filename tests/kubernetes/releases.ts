import { cacheFolder, exists, makeFolder, withLock } from "../services/cache.ts";
import type { Progress } from "../services/progress.ts";
import { runCommand } from "../services/run_command.ts";

const CHECKOUT = new URL("../../", import.meta.url).pathname;
/** What an executable is built from. */
const SOURCES = ["deno.json", "deno.lock", "main.ts", "src", "schemas", "manifests", "grafana", ".ci"];
const BUILD_DEADLINE = 300_000;

/** A built version of this program, with what a person applies to install it. */
export interface Release {
  executable: string;
  /** Path of its manifests/operator.yaml. */
  install: string;
}

const releaseIn = (folder: string): Release => ({
  executable: `${folder}/finnhub-pipe`,
  install: `${folder}/manifests/operator.yaml`,
});

/** Whether the checkout has a commit: a shallow clone and an archive have no history. */
export async function hasCommit(commit: string): Promise<boolean> {
  return (await git("cat-file", "-e", `${commit}^{commit}`)).success;
}

/** The release that a commit would have been, under a version of its own; kept in the cache. */
export async function releaseOf(commit: string, version: string, progress: Progress): Promise<Release> {
  const cache = `${cacheFolder()}/releases`;
  const folder = `${cache}/${commit}-${version}`;
  await Deno.mkdir(cache, { recursive: true });
  const waiting = () => progress("waiting for another run that builds the earlier release");
  await withLock(`${cache}/lock`, waiting, async () => {
    if (await exists(folder)) return;
    await makeFolder(folder, async (temporary) => {
      await succeed("git archive", git("archive", `--output=${temporary}/sources.tar`, commit));
      await succeed("tar", runCommand("tar", ["-xf", "sources.tar"], 60_000, { cwd: temporary }));
      await build(temporary, version, progress);
      // Only what is used of it is worth its place.
      for await (const { name } of Deno.readDir(temporary)) {
        if (!["finnhub-pipe", "manifests"].includes(name)) {
          await Deno.remove(`${temporary}/${name}`, { recursive: true });
        }
      }
    });
  });
  return releaseIn(folder);
}

/** A release made of this checkout's sources, changed by `change`, in a folder of the caller's. */
export async function releaseFromHere(
  folder: string,
  version: string,
  change: (folder: string) => Promise<void>,
  progress: Progress,
): Promise<Release> {
  const sources = SOURCES.map((name) => `${CHECKOUT}${name}`);
  await succeed("cp", runCommand("cp", ["-r", ...sources, folder], 60_000));
  await change(folder);
  await build(folder, version, progress);
  return releaseIn(folder);
}

/** Builds what is in a folder by its own build task, after giving it another version. */
async function build(folder: string, version: string, progress: Progress): Promise<void> {
  const config = JSON.parse(await Deno.readTextFile(`${folder}/deno.json`)) as { version: string };
  await replaceIn(`${folder}/deno.json`, `"version": "${config.version}"`, `"version": "${version}"`);
  const image = `finnhub-pipe:${config.version}`;
  const { output } = await runCommand("grep", ["-rl", `image: ${image}`, `${folder}/manifests`], 10_000);
  for (const file of output.trim().split("\n")) await replaceIn(file, image, `finnhub-pipe:${version}`);
  progress(`building version ${version} for the test`);
  await succeed(
    "the build",
    runCommand(`${folder}/.ci/deno.sh`, ["task", "--quiet", "build"], BUILD_DEADLINE, { cwd: folder }),
  );
}

async function replaceIn(file: string, from: string, to: string): Promise<void> {
  const text = await Deno.readTextFile(file);
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  await Deno.writeTextFile(file, text.replaceAll(from, to));
}

// The owner of a checkout in a container is often another user than the one who runs the tests.
const git = (...args: string[]) =>
  runCommand("git", ["-C", CHECKOUT, "-c", "safe.directory=*", ...args], 60_000);

async function succeed(what: string, running: ReturnType<typeof runCommand>): Promise<void> {
  const { output, success } = await running;
  if (!success) throw new Error(`${what} failed:\n${output.slice(-3000)}`);
}
