import { cacheFolder, exists, makeFolder, withLock } from "../services/cache.ts";
import { digest } from "../services/install.ts";
import type { Progress } from "../services/progress.ts";
import { runCommand } from "../services/run_command.ts";
import { ensureJava, ensureMaven } from "../services/tools.ts";

const SOURCES = new URL("peers/", import.meta.url).pathname;
const BUILD_DEADLINE = 600_000;

/** The peers, built by Maven into the cache: the folder in which each has one with its run.sh. */
export async function builtPeers(progress: Progress): Promise<string> {
  const java = await ensureJava(progress);
  const parent = `${cacheFolder()}/peers`;
  await Deno.mkdir(parent, { recursive: true });
  const files = await filesBelow(SOURCES);
  const texts = files.map(async (path) => `${path}\n${await Deno.readTextFile(SOURCES + path)}`);
  const folder = `${parent}/${await digest(`${java}\n${(await Promise.all(texts)).join("\n")}`)}`;
  const waiting = () => progress("waiting for another run that builds the peers");
  return await withLock(`${parent}/lock`, waiting, async () => {
    if (await exists(folder)) return folder;
    await ensureMaven(progress);
    progress("building Apache Flink's and Kafka Streams' side with Maven, once");
    await makeFolder(folder, async (temporary) => {
      const copied = await runCommand("cp", ["-r", `${SOURCES}.`, temporary], 30_000);
      if (!copied.success) throw new Error(copied.output);
      const { output, success } = await runCommand("mvn", ["-q", "-B", "package"], BUILD_DEADLINE, {
        cwd: temporary,
      });
      if (!success) throw new Error(`Maven could not build the peers:\n${output.slice(-3000)}`);
    });
    return folder;
  });
}

/** Lines of Java in a peer and in what both share, without empty ones and comments. */
export async function linesOf(peer: string): Promise<number> {
  const files = (await filesBelow(SOURCES)).filter((path) =>
    path.endsWith(".java") && (path.startsWith("common/") || path.startsWith(`${peer}/`))
  );
  const texts = await Promise.all(files.map((path) => Deno.readTextFile(SOURCES + path)));
  return texts.flatMap((text) => text.split("\n")).filter((line) => !/^\s*($|\/?\*|\/\/)/.test(line)).length;
}

async function filesBelow(folder: string, below = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { isDirectory, name } of Deno.readDir(folder + below)) {
    if (isDirectory) paths.push(...await filesBelow(folder, `${below}${name}/`));
    else paths.push(below + name);
  }
  return paths.sort();
}
