/** `make services`: fetches all that the test servers need, so that later runs work without network. */
import { trainArchives } from "./archives.ts";
import { progressOnStderr } from "./progress.ts";

if (import.meta.main) {
  const progress = progressOnStderr();
  await trainArchives(progress);
  progress("the test servers are in the cache");
}
