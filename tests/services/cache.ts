/** An environment variable, unless it is absent or empty. */
function variable(name: string): string | undefined {
  return Deno.env.get(name) || undefined;
}

/** Where downloads are kept between runs; the same rule as in .ci/deno.sh. */
export function cacheFolder(): string {
  const own = variable("FINNHUB_PIPE_CACHE");
  if (own !== undefined) return own;
  const caches = variable("XDG_CACHE_HOME") ?? `${variable("HOME") ?? "/tmp"}/.cache`;
  return `${caches}/finnhub-pipe`;
}

/** Whether there is a file or folder. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Text of a file, or undefined when there is none. */
export async function textIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Runs `work` while holding a lock that other processes respect. The kernel drops it with the process, so that an
 * interrupted run leaves nothing to clean up.
 *
 * @param waiting told once, when another process holds the lock for longer than a second
 */
export async function withLock<T>(path: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  using file = await Deno.open(path, { create: true, write: true });
  const timer = setTimeout(waiting, 1000);
  try {
    await file.lock(true);
  } finally {
    clearTimeout(timer);
  }
  return await work();
}

const UNFINISHED = ".unfinished-";

/** Removes what {@link makeFolder} left in `parent` when its process was killed. Callers hold a lock. */
export async function removeUnfinished(parent: string): Promise<void> {
  for await (const { name } of Deno.readDir(parent)) {
    if (name.startsWith(UNFINISHED)) await Deno.remove(`${parent}/${name}`, { recursive: true });
  }
}

/**
 * Makes a folder in one step: `fill` works in a temporary one, which is then renamed, so that whatever is found at
 * `path` is complete.
 */
export async function makeFolder(path: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const parent = path.slice(0, path.lastIndexOf("/"));
  await Deno.mkdir(parent, { recursive: true });
  const temporary = await Deno.makeTempDir({ dir: parent, prefix: UNFINISHED });
  try {
    await fill(temporary);
    await Deno.remove(path, { recursive: true }).catch(() => {});
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary, { recursive: true }).catch(() => {});
    throw error;
  }
}
