/** How many requests of one kind the API server has answered since it started. */
export interface RequestCount {
  /** In upper case, as the metric has it: `APPLY`, `LIST`, `WATCH`. */
  verb: string;
  resource: string;
  subresource: string;
  /** HTTP status. */
  code: number;
  count: number;
}

const METRIC = "apiserver_request_total";

/** Reads the counts out of the API server's metrics, in Prometheus' text format. */
export function parseRequestCounts(metrics: string): RequestCount[] {
  const lines = metrics.split("\n").filter((line) => line.startsWith(`${METRIC}{`));
  return lines.map((line) => {
    const labels = new Map([...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]));
    const label = (name: string) => labels.get(name) ?? "";
    return {
      verb: label("verb"),
      resource: label("resource"),
      subresource: label("subresource"),
      code: Number(label("code")),
      count: Number(line.slice(line.lastIndexOf(" ") + 1)),
    };
  });
}
