import { makeFolder, textIfThere } from "./cache.ts";
import type { Progress } from "./progress.ts";
import { runCommand } from "./run_command.ts";
import { ensureMaven } from "./tools.ts";

const PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1";

/** Whether what a pom asks for is jars, or archives with jars in them. */
export type Packing = "copy-dependencies" | "unpack-dependencies";

/** Natives of other systems: a fifth of the bytes, never opened here. */
const FOREIGN = /(osx|windows|aarch_64|riscv64)/;
const ATTEMPTS = 3;

/**
 * Fetches the jars that pom/NAME/pom.xml asks for into `folder`, unless they are there for the same pom.
 * Callers hold a lock.
 *
 * @returns the jars' paths, in the fixed order that class archives depend on
 */
export async function fetchJars(
  name: string,
  folder: string,
  progress: Progress,
  packing: Packing = "copy-dependencies",
): Promise<string[]> {
  const pom = await Deno.readTextFile(new URL(`pom/${name}/pom.xml`, import.meta.url));
  if (await textIfThere(`${folder}/pom.xml`) !== pom) {
    await ensureMaven(progress);
    const started = performance.now();
    await makeFolder(folder, (temporary) => getDependencies(name, pom, temporary, packing, progress));
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    progress(`${name}: ${(await jarsIn(folder)).length} jars fetched in ${seconds} s`);
  }
  return await jarsIn(folder);
}

async function getDependencies(
  name: string,
  pom: string,
  folder: string,
  packing: Packing,
  progress: Progress,
): Promise<void> {
  // Written beside the jars: the record of what they were fetched for.
  await Deno.writeTextFile(`${folder}/pom.xml`, pom);
  const args = [
    "-q",
    "-B",
    `${PLUGIN}:${packing}`,
    `-DoutputDirectory=${folder}`,
    "-DincludeScope=runtime",
  ];
  for (let attempt = 1;; attempt++) {
    progress(`${name}: fetching jars with Maven${attempt > 1 ? `, attempt ${attempt} of ${ATTEMPTS}` : ""}`);
    const { success, output } = await runCommand("mvn", args, 600_000, { cwd: folder });
    if (success) break;
    if (attempt === ATTEMPTS) {
      throw new Error(`Maven could not fetch ${name}'s jars:\n${output.slice(-3000)}`);
    }
  }
  for (const jar of await jarsIn(folder)) {
    if (FOREIGN.test(jar.slice(folder.length))) await Deno.remove(jar);
  }
}

async function jarsIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.filter(({ name }) => name.endsWith(".jar")).map(({ name }) => `${folder}/${name}`).sort();
}
