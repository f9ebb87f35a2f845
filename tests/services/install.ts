import { cacheFolder, removeUnfinished, withLock } from "./cache.ts";
import { fetchJars } from "./jars.ts";
import { type Progress, silent } from "./progress.ts";
import type { Release } from "./releases.ts";
import { ensureJava } from "./tools.ts";

export interface Installation {
  /** Class path of Kafka and of the ZooKeeper that it brings. */
  kafka: string;
  /** Class path of Cassandra. */
  cassandra: string;
  /** Where class archives of just these jars and this Java belong; the folder may be absent. */
  archives: string;
}

let installed: Promise<Installation> | undefined;

/** Gets Java and the servers' jars, from the cache when they are there. Done once in a process. */
export function install(progress: Progress = silent): Promise<Installation> {
  installed ??= run(progress).catch((error) => {
    installed = undefined;
    throw error;
  });
  return installed;
}

const releases = new Map<string, Promise<InstalledRelease>>();

/** Jars of one release. */
export interface InstalledRelease {
  classPath: string;
  /** Where its class archive belongs; only the releases that most tests use are ever trained. */
  archive: string;
}

/** Gets the jars of a release, from the cache when they are there. Done once in a process for each release. */
export function installRelease({ pom }: Release, progress: Progress = silent): Promise<InstalledRelease> {
  const found = releases.get(pom);
  if (found) return found;
  const getting = getRelease(pom, progress).catch((error) => {
    releases.delete(pom);
    throw error;
  });
  releases.set(pom, getting);
  return getting;
}

async function getRelease(pom: string, progress: Progress): Promise<InstalledRelease> {
  const { archives, cassandra, kafka } = await install(progress);
  const archive = `${archives}/${pom}.jsa`;
  const usual = new Map([["kafka", kafka], ["cassandra", cassandra]]).get(pom);
  if (usual !== undefined) return { classPath: usual, archive };
  const jars = await exclusively(progress, (folder) => fetchJars(pom, `${folder}/${pom}`, progress));
  return { classPath: jars.join(":"), archive };
}

/** Gets Java and the schema registry, apart from the other servers: few tests need it. The path of its jar. */
export async function installRegistry(progress: Progress = silent): Promise<string> {
  await ensureJava(progress);
  const [jar] = await exclusively(
    progress,
    (folder) => fetchJars("registry", `${folder}/registry`, progress, "unpack-dependencies"),
  );
  if (jar === undefined) throw new Error("the archive of the schema registry has no jar");
  return jar;
}

/**
 * Runs `work` on the servers' part of the cache while no other process does. Unfinished folders found there are of runs
 * that were interrupted.
 */
export async function exclusively<T>(progress: Progress, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = `${cacheFolder()}/services`;
  await Deno.mkdir(folder, { recursive: true });
  const waiting = () => progress("waiting for another run that prepares the servers");
  return await withLock(`${folder}/lock`, waiting, async () => {
    await removeUnfinished(folder);
    return await work(folder);
  });
}

async function run(progress: Progress): Promise<Installation> {
  const java = await ensureJava(progress);
  return await exclusively(progress, async (folder) => {
    const kafka = await fetchJars("kafka", `${folder}/kafka`, progress);
    const cassandra = await fetchJars("cassandra", `${folder}/cassandra`, progress);
    const key = await digest([java, ...kafka, ...cassandra].join("\n"));
    return {
      kafka: kafka.join(":"),
      cassandra: cassandra.join(":"),
      archives: `${folder}/archives-${key}`,
    };
  });
}

/** A short name for a text. */
export async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).toHex().slice(0, 16);
}
