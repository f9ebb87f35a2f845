import { cacheFolder, exists, makeFolder, withLock } from "./cache.ts";
import type { Progress } from "./progress.ts";
import { runCommand } from "./run_command.ts";

/**
 * Folder with the files of a Debian package, fetched into the cache at the first use. Nothing is installed, so that no
 * service starts and what it depends on is not needed.
 *
 * @throws where there is no apt-get, or it cannot fetch the package
 */
export async function debianPackage(name: string, progress: Progress): Promise<string> {
  const cache = `${cacheFolder()}/debian`;
  const folder = `${cache}/${name}`;
  await Deno.mkdir(cache, { recursive: true });
  const waiting = () => progress(`waiting for another run that fetches ${name}`);
  await withLock(`${cache}/lock`, waiting, async () => {
    if (await exists(folder)) return;
    progress(`fetching Debian's package ${name}`);
    await makeFolder(folder, (temporary) => unpack(name, temporary));
  });
  return folder;
}

async function unpack(name: string, folder: string): Promise<void> {
  const download = () => runCommand("apt-get", ["download", "-q", name], 300_000, { cwd: folder });
  let { output, success } = await download();
  if (!success && Deno.uid() === 0) {
    // A fresh image has no lists of packages.
    await runCommand("apt-get", ["update", "-q"], 300_000);
    ({ output, success } = await download());
  }
  if (!success) throw new Error(`the tests need Debian's package ${name}: ${output.trim().slice(-2000)}`);
  const script = 'dpkg-deb -x "$1"_*.deb . && rm "$1"_*.deb';
  const unpacked = await runCommand("bash", ["-c", script, "", name], 60_000, { cwd: folder });
  if (!unpacked.success) throw new Error(`dpkg-deb could not unpack ${name}: ${unpacked.output}`);
}
