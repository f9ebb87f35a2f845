import { goBuild, type GoModule, goVersion } from "../kubernetes/cluster/go.ts";
import { cacheFolder, exists, removeUnfinished, withLock } from "../services/cache.ts";
import { digest } from "../services/install.ts";
import type { Progress } from "../services/progress.ts";

const SOURCES = new URL("plugin/", import.meta.url).pathname;

/** Path of Docker Compose, from the cache, or built there from its Go module first. */
export async function composeBinary(progress: Progress): Promise<string> {
  const cache = `${cacheFolder()}/compose`;
  const module: GoModule = {
    name: "Docker Compose",
    folder: SOURCES,
    program: "github.com/docker/compose/v2/cmd",
    cache,
  };
  await Deno.mkdir(`${cache}/bin`, { recursive: true });
  const version = await goVersion(module);
  const path = `${cache}/bin/docker-compose-${await digest(
    await Deno.readTextFile(`${SOURCES}go.mod`) + version,
  )}`;
  if (await exists(path)) return path;
  const waiting = () => progress("waiting for another run that builds Docker Compose");
  return await withLock(`${cache}/lock`, waiting, async () => {
    if (await exists(path)) return path;
    progress("building Docker Compose from its Go module, once; some minutes");
    await removeUnfinished(`${cache}/bin`);
    const unfinished = `${cache}/bin/.unfinished-compose`;
    await goBuild(module, unfinished, "-s -w", progress);
    await Deno.rename(unfinished, path);
    return path;
  });
}
