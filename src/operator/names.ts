/** Servers that keep data in volumes of their own. */
export const SERVERS = ["zookeeper", "kafka", "cassandra"] as const;
export type ServerName = typeof SERVERS[number];

/** Servers that show a certificate. */
export const SECURED = ["kafka", "cassandra"] as const satisfies ServerName[];
export type Secured = typeof SECURED[number];

/** All that a pipeline consists of, each a folder under manifests/ and a line in components/table.ts. */
export const COMPONENTS = [
  ...SERVERS,
  "kafdrop",
  "cassandra-web",
  "setup",
  "producer",
  "processor",
  "dashboard",
  "grafana",
  "batch",
] as const;
export type ComponentName = typeof COMPONENTS[number];
