import { cacheFolder, exists, makeFolder, withLock } from "../services/cache.ts";
import { runCommand } from "../services/run_command.ts";

/** A folder for PYTHONPATH with these packages, fetched into the cache at the first use. */
export async function pythonPackages(...packages: string[]): Promise<string> {
  const folder = `${cacheFolder()}/python-${packages.join("-")}`;
  await Deno.mkdir(cacheFolder(), { recursive: true });
  await withLock(`${folder}.lock`, () => {}, async () => {
    if (await exists(folder)) return;
    await makeFolder(folder, async (temporary) => {
      const options = [
        "--quiet",
        "--disable-pip-version-check",
        "--only-binary=:all:",
        "--target",
        temporary,
      ];
      const args = ["-m", "pip", "install", ...options, ...packages];
      const { output, success } = await runCommand("python3", args, 300_000);
      if (!success) throw new Error(`pip could not install ${packages.join(", ")}: ${output}`);
    });
  });
  return folder;
}
