import { permitted } from "../needs.ts";
import { type Endpoints, startServices } from "./mod.ts";
import { progressOnStderr } from "./progress.ts";

/** The environment variable by which tests/run.ts hands its servers to the test modules, as JSON of {@link Endpoints}. */
export const SHARED_SERVICES = "FINNHUB_PIPE_TEST_SERVICES";

let shared: Promise<Endpoints> | undefined;

/**
 * Servers for tests that do not hurt them: those of tests/run.ts when it runs the tests, else this module's own, which
 * end with it. Tests share the servers, so each makes topics and keyspaces of its own names.
 *
 * Await it at the top of the test module: servers that a test starts and leaves running are a leak to Deno. Without the
 * permissions for servers there are no addresses in it, as all tests that would use them are ignored.
 */
export function sharedServices(): Promise<Endpoints> {
  shared ??= find();
  return shared;
}

async function find(): Promise<Endpoints> {
  if (!permitted) return { kafka: { bootstrap: [] }, cassandra: { hosts: [], port: 0 } };
  const text = Deno.env.get(SHARED_SERVICES);
  if (text !== undefined) return JSON.parse(text);
  const services = await startServices({ progress: progressOnStderr() });
  const servers = [services.zookeeper, services.kafka, services.cassandra].flatMap((group) => group.servers);
  // An unload handler cannot wait for stop; the guards remove the folders.
  addEventListener("unload", () => {
    for (const server of servers) {
      if (server.alive) Deno.kill(server.pid, "SIGKILL");
    }
  });
  const { kafka: { bootstrap }, cassandra: { hosts, port } } = services;
  return { kafka: { bootstrap }, cassandra: { hosts, port } };
}
