import cassandra from "cassandra-driver";
import { answerGetProtocol } from "../../../src/cassandra/tls_protocol_fix.ts";
import type { TestCluster } from "../cluster/mod.ts";

export interface StoreOptions {
  /** Of the pod cassandra-0. Default `default`. */
  namespace?: string;
  login?: { username: string; password: string };
  /** PEM of the CA to trust, where Cassandra speaks TLS. */
  ca?: string | undefined;
}

/** Rows of the table of trades, asked of the Cassandra pod itself. */
export async function storedTrades(cluster: TestCluster, options: StoreOptions = {}): Promise<number> {
  const { ca, namespace = "default", login } = options;
  answerGetProtocol();
  const path = "--output=jsonpath={.status.podIP}";
  const address = await cluster.kubectl(`--namespace=${namespace}`, "get", "pod", "cassandra-0", path);
  const client = new cassandra.Client({
    contactPoints: [address],
    localDataCenter: "datacenter1",
    ...(login && { credentials: login }),
    ...(ca !== undefined && { sslOptions: { ca, rejectUnauthorized: true, servername: "cassandra" } }),
  });
  try {
    const { rows } = await client.execute("SELECT count(*) FROM market.trades");
    return Number(rows[0]!.get("count"));
  } finally {
    await client.shutdown();
  }
}
