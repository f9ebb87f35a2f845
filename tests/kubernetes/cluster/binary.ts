import { cacheFolder, exists, removeUnfinished, withLock } from "../../services/cache.ts";
import { digest } from "../../services/install.ts";
import { type Progress, silent } from "../../services/progress.ts";
import { goBuild, type GoModule, goVersion } from "./go.ts";

const SOURCES = new URL("kubebox/", import.meta.url).pathname;

let found: Promise<string> | undefined;

/**
 * Path of the program that is all of Kubernetes, from the cache, or built there first: that takes about ten minutes on
 * two cores, and half a minute when only our own sources changed.
 */
export function kubeboxBinary(progress: Progress = silent, signal?: AbortSignal): Promise<string> {
  found ??= find(progress, signal).catch((error) => {
    found = undefined;
    throw error;
  });
  return found;
}

async function find(progress: Progress, signal?: AbortSignal): Promise<string> {
  const cache = `${cacheFolder()}/kubebox`;
  const module: GoModule = { name: "the test cluster", folder: SOURCES, cache };
  await Deno.mkdir(`${cache}/bin`, { recursive: true });
  const path = `${cache}/bin/kubebox-${await digest(await sources() + await goVersion(module))}`;
  if (await exists(path)) return path;
  const waiting = () => progress("waiting for another run that builds Kubernetes");
  return await withLock(`${cache}/lock`, waiting, async () => {
    if (await exists(path)) return path;
    const started = performance.now();
    progress("building Kubernetes from its Go modules, once; about ten minutes");
    await removeUnfinished(`${cache}/bin`);
    const unfinished = `${cache}/bin/.unfinished-kubebox`;
    await goBuild(module, unfinished, await linkerFlags(), progress, signal);
    await Deno.rename(unfinished, path);
    progress(`Kubernetes built in ${((performance.now() - started) / 1000).toFixed(0)} s`);
    return path;
  });
}

async function sources(): Promise<string> {
  const names = (await Array.fromAsync(Deno.readDir(SOURCES))).map(({ name }) => name).sort();
  const texts = names.map(async (name) => `${name}\n${await Deno.readTextFile(SOURCES + name)}`);
  return (await Promise.all(texts)).join("\n");
}

/** The programs learn their version when they are linked; a kubectl without one warns about every server. */
async function linkerFlags(): Promise<string> {
  const text = await Deno.readTextFile(`${SOURCES}go.mod`);
  const [, version, minor] = /^\tk8s\.io\/kubernetes (v1\.(\d+)\.\d+)$/m.exec(text)!;
  const base = "k8s.io/component-base/version";
  const values = {
    [`${base}.gitVersion`]: version,
    [`${base}.gitMajor`]: "1",
    [`${base}.gitMinor`]: minor,
    [`${base}.gitTreeState`]: "clean",
    [`${base}.buildDate`]: "1970-01-01T00:00:00Z",
    "k8s.io/client-go/pkg/version.gitVersion": version,
  };
  return ["-s", "-w", ...Object.entries(values).map(([name, value]) => `-X ${name}=${value}`)].join(" ");
}
