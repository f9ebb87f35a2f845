/**
 * `make cluster`: a Kubernetes to try things on, until Ctrl-C. CLUSTER_MODE is fake or real; CLUSTER_NODES sets how many
 * nodes the fake one has, 1 to 9.
 */
import { progressOnStderr } from "../../services/progress.ts";
import { kubeboxBinary } from "./binary.ts";
import { startCluster } from "./mod.ts";

if (import.meta.main) {
  const mode = Deno.env.get("CLUSTER_MODE") || "fake";
  if (mode !== "fake" && mode !== "real") {
    console.error(`CLUSTER_MODE must be fake or real, not ${mode}`);
    Deno.exit(2);
  }
  const nodes = Number(Deno.env.get("CLUSTER_NODES") || 3);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 9) {
    console.error(`CLUSTER_NODES must be a whole number from 1 to 9, not ${Deno.env.get("CLUSTER_NODES")}`);
    Deno.exit(2);
  }
  const controller = new AbortController();
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      controller.abort(new Error(`stopped by ${signal}`));
      stopped.resolve();
    });
  }
  try {
    const options = { mode, nodes, progress: progressOnStderr(), signal: controller.signal } as const;
    await using cluster = await startCluster(options);
    console.log(`export KUBECONFIG=${cluster.kubeconfig}`);
    console.log(`alias kubectl="${await kubeboxBinary()} kubectl"`);
    console.error(`${mode === "fake" ? "Its pods only seem to run. " : ""}Ctrl-C ends it.`);
    await stopped.promise;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
  Deno.exit(0);
}
