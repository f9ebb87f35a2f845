import { goBuild, goVersion } from "../kubernetes/cluster/go.ts";
import { cacheFolder, exists, withLock } from "./cache.ts";
import { digest } from "./install.ts";
import { type Progress, silent } from "./progress.ts";
import { type CommandResult, runCommand } from "./run_command.ts";

const SOURCES = new URL("actionlint/", import.meta.url).pathname;
/** Without programs that it would call where it finds them. */
const ALONE = ["-shellcheck=", "-pyflakes=", "-oneline"];

/** Looks at workflow files as GitHub would, with a program that is built into the cache: half a minute, once. */
export async function lintWorkflows(
  paths: readonly string[],
  progress: Progress = silent,
): Promise<CommandResult> {
  return await runCommand(await binary(progress), [...ALONE, ...paths], 60_000);
}

async function binary(progress: Progress): Promise<string> {
  const cache = `${cacheFolder()}/actionlint`;
  const module = { name: "actionlint", folder: SOURCES, cache };
  await Deno.mkdir(cache, { recursive: true });
  const sources = await Promise.all(
    ["go.mod", "go.sum", "main.go"].map((name) => Deno.readTextFile(SOURCES + name)),
  );
  const path = `${cache}/actionlint-${await digest(sources.join("\n") + await goVersion(module))}`;
  await withLock(
    `${cache}/lock`,
    () => progress("waiting for another run that builds actionlint"),
    async () => {
      if (await exists(path)) return;
      await goBuild(module, `${path}.unfinished`, "-s -w", progress);
      await Deno.rename(`${path}.unfinished`, path);
    },
  );
  return path;
}
