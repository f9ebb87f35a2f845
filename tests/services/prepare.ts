/** `make services`: fetches all that the test servers need, so that later runs work without network. */
import { trainArchives } from "./archives.ts";
import { installRegistry } from "./install.ts";
import { progressOnStderr } from "./progress.ts";

if (import.meta.main) {
  const progress = progressOnStderr();
  try {
    await trainArchives(progress);
    await installRegistry(progress);
    progress("the test servers are in the cache");
  } catch (error) {
    progress(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
}
