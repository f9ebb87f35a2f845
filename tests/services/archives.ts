import { exists, makeFolder } from "./cache.ts";
import { startCassandra } from "./cassandra.ts";
import { exclusively, install } from "./install.ts";
import { startKafka } from "./kafka.ts";
import type { Progress } from "./progress.ts";
import type { ServerGroup } from "./server.ts";
import { startZooKeeper } from "./zookeeper.ts";

/** Training that takes longer would cost more than it saves. */
const DEADLINE = 60_000;

/**
 * Records which classes the servers load, once for these jars and this Java, so that later JVMs map them from a file
 * and start about twice as fast. Never fails: without archives everything works, only slower.
 */
export async function trainArchives(progress: Progress): Promise<void> {
  const { archives } = await install(progress);
  if (await exists(archives)) return;
  await exclusively(progress, async () => {
    if (await exists(archives)) return;
    const started = performance.now();
    progress("training class archives, once; up to a minute");
    try {
      await makeFolder(archives, train);
      progress(`class archives trained in ${((performance.now() - started) / 1000).toFixed(0)} s`);
    } catch (error) {
      progress(`no class archives, starts will be slower: ${error instanceof Error ? error.message : error}`);
      // An empty folder keeps later runs from spending the time again.
      await makeFolder(archives, () => Promise.resolve());
    }
  });
}

async function train(folder: string): Promise<void> {
  const controller = new AbortController();
  const late = new Error(`training took longer than ${DEADLINE / 1000} s`);
  const timer = setTimeout(() => controller.abort(late), DEADLINE);
  const options = { trainArchives: folder, signal: controller.signal };
  const started: ServerGroup[] = [];
  try {
    const training = [
      async () => {
        const zookeeper = await startZooKeeper(options);
        started.push(zookeeper);
        const kafka = await startKafka({ ...options, zookeeper });
        started.push(kafka);
        await end(kafka, controller.signal);
        await end(zookeeper, controller.signal);
      },
      async () => {
        const cassandra = await startCassandra(options);
        started.push(cassandra);
        await end(cassandra, controller.signal);
      },
    ];
    const results = await Promise.allSettled(training.map((work) => work()));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  } finally {
    clearTimeout(timer);
    await Promise.all(started.map((group) => group.stop()));
  }
}

/** Ends a JVM in order: only then does it write its archive. */
async function end(group: ServerGroup, signal: AbortSignal): Promise<void> {
  await Promise.all(group.servers.map(async (server) => {
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([server.kill("SIGTERM"), aborted.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }));
}
