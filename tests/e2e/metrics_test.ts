import { type Metric, METRICS_PLACE, metricsTable, readMetrics, withMetricsTable } from "../metrics_table.ts";
import { integrationTest } from "../needs.ts";
import { sharedServices } from "../services/shared.ts";
import { assertSameTable } from "../tables.ts";
import { Pipeline } from "./pipeline.ts";
import type { RunningRole } from "./role.ts";

const services = await sharedServices();

const DOCUMENT = new URL("../../manifests/monitoring/README.md", import.meta.url);

/** The way to a cluster that never answers: an operator serves its metrics meanwhile. */
const silentCluster = (port: number) => `
apiVersion: v1
kind: Config
clusters: [{ name: nowhere, cluster: { server: "http://127.0.0.1:${port}" } }]
users: [{ name: nobody, user: {} }]
contexts: [{ name: nowhere, context: { cluster: nowhere, user: nobody } }]
current-context: nowhere
`;

integrationTest("the documented metrics are those that the roles serve", async () => {
  await using pipeline = await Pipeline.setUp(services, "metrics");
  const folder = await Deno.makeTempDir();
  // Connections wait in its queue.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const { port } = listener.addr as Deno.NetAddr;
    await Deno.writeTextFile(`${folder}/kubeconfig`, silentCluster(port));
    const simulator = await pipeline.simulator(["--symbols", "A", "--rate", "10"]);
    const env = { ...simulator.env, FINNHUB_STOCKS_TICKERS: "A" };
    const registry = { SCHEMA_REGISTRY_URL: `http://127.0.0.1:${port}` };
    const roles = [
      simulator.role,
      pipeline.start("producer", [], { ...env, ...registry }),
      pipeline.start("processor", [], registry),
      pipeline.start("dashboard", ["--listen", "127.0.0.1:0"], registry),
      pipeline.start("local", ["--listen", "127.0.0.1:0"], env),
      pipeline.start("operator", ["--kubeconfig", `${folder}/kubeconfig`]),
    ];
    const served = new Map<string, readonly Metric[]>();
    for (const role of roles) served.set(role.name, await metricsOf(role));
    const document = await Deno.readTextFile(DOCUMENT);
    const right = withMetricsTable(document, metricsTable(served));
    if (Deno.env.get("UPDATE_METRICS") === "1") await Deno.writeTextFile(DOCUMENT, right);
    else assertSameTable("manifests/monitoring/README.md", document, right, METRICS_PLACE);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function metricsOf(role: RunningRole): Promise<Metric[]> {
  return readMetrics(await (await fetch(`${await role.http()}/metrics`)).text());
}
