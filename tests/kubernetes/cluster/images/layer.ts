import { cacheFolder, exists, makeFolder, removeUnfinished, withLock } from "../../../services/cache.ts";
import { digest } from "../../../services/install.ts";
import type { Progress } from "../../../services/progress.ts";
import { runCommand } from "../../../services/run_command.ts";

/** A tar of files that an image has on top of its lower layers. */
export interface Layer {
  path: string;
  /** SHA-256 of the tar, in hexadecimal. */
  digest: string;
}

export interface Recipe {
  /** The script NAME.sh beside this file makes it: it is given an empty root folder and then `args`. */
  name: string;
  args: readonly string[];
  /** Texts that the result depends on beside the script. Not the arguments, which name folders of one checkout. */
  inputs: readonly string[];
}

const DEADLINE = 600_000;

/** Makes a layer in a folder that is not kept. */
export async function makeLayer({ name, args }: Omit<Recipe, "inputs">, folder: string): Promise<Layer> {
  const root = `${folder}/root`;
  const path = `${folder}/layer.tar`;
  await Deno.mkdir(root, { recursive: true });
  // Others than root own files in it.
  await Deno.chmod(root, 0o755);
  await run("bash", [scriptOf(name), root, ...args]);
  await run("tar", ["--sort=name", "--mtime=@0", "--numeric-owner", "-C", root, "-cf", path, "."]);
  await Deno.remove(root, { recursive: true });
  const sum = (await run("sha256sum", [path])).split(" ")[0]!;
  return { path, digest: sum };
}

/** Makes a layer once: later it is found in the cache, as long as its recipe stays the same. */
export async function cachedLayer(recipe: Recipe, progress: Progress): Promise<Layer> {
  const { name, args, inputs } = recipe;
  const parent = `${cacheFolder()}/images`;
  const key = await digest([await Deno.readTextFile(scriptOf(name)), ...inputs].join("\n"));
  const folder = `${parent}/${name}-${key}`;
  const read = async () => {
    return { path: `${folder}/layer.tar`, digest: await Deno.readTextFile(`${folder}/digest`) };
  };
  if (await exists(folder)) return await read();
  await Deno.mkdir(parent, { recursive: true });
  const waiting = () => progress("waiting for another run that makes images");
  return await withLock(`${parent}/lock`, waiting, async () => {
    if (await exists(folder)) return await read();
    await removeUnfinished(parent);
    const started = performance.now();
    progress(`making the ${name} layer of the images, once`);
    await makeFolder(folder, async (temporary) => {
      const made = await makeLayer({ name, args }, temporary);
      await Deno.writeTextFile(`${temporary}/digest`, made.digest);
    });
    progress(`the ${name} layer took ${((performance.now() - started) / 1000).toFixed(0)} s`);
    return await read();
  });
}

const scriptOf = (name: string) => new URL(`${name}.sh`, import.meta.url).pathname;

async function run(program: string, args: string[]): Promise<string> {
  const { success, output } = await runCommand(program, args, DEADLINE);
  if (!success) throw new Error(`${program} ${args[0]}: ${output.slice(-2000)}`);
  return output;
}
