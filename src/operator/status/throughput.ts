import { readBounded } from "../../finnhub/bounded_body.ts";
import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import { metricSum } from "../../telemetry/read_metrics.ts";
import { delay, inTime } from "../../async/wait.ts";
import type { Throughput } from "./operator_status.ts";

export interface ThroughputOptions {
  /** The pods of the pipeline as they are now. */
  pods(): readonly KubernetesObject[];
  fetch(url: string, signal: AbortSignal): Promise<Response>;
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds between two looks. Default 5,000. */
  pause?: number;
}

/** Port of the roles' probes and metrics in their pods; see manifests. */
const PORT = 8080;
const TIMEOUT_MS = 2_000;
const MAX_BYTES = 1024 * 1024;

/** What one look at a pod found. */
interface Sample {
  /** Trades stored since the process started. */
  trades: number;
  lag: number;
  connected: boolean;
}

/**
 * Asks producer and processors for their metrics, each pod by its own address: a Service would answer with those of one
 * of them. It works in the cluster's network only; elsewhere nothing is known.
 */
export class ThroughputProbe {
  readonly #options: Required<ThroughputOptions>;
  #before: { at: number; trades: Map<string, number> } | undefined;
  #latest: Throughput | undefined;

  constructor(options: ThroughputOptions) {
    this.#options = { pause: 5_000, ...options };
  }

  /** Undefined unless the last look reached every processor. */
  get latest(): Throughput | undefined {
    return this.#latest;
  }

  /** Looks again and again until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#latest = await this.#look(signal).catch(() => undefined);
      await delay(this.#options.pause, signal).catch(() => {});
    }
  }

  async #look(signal: AbortSignal): Promise<Throughput | undefined> {
    const { now, pods } = this.#options;
    const [processors, producers] = ["processor", "producer"].map((role) => addresses(pods(), role)) as [
      Map<string, string>,
      Map<string, string>,
    ];
    if (processors.size === 0) return undefined;
    const samples = await this.#ask(processors, signal);
    // A feed that cannot be asked is not connected as far as anyone knows.
    const feeds = await this.#ask(producers, signal).catch(() => new Map<string, Sample>());
    const at = now();
    const trades = new Map([...samples].map(([uid, sample]) => [uid, sample.trades]));
    const before = this.#before;
    this.#before = { at, trades };
    return {
      tradesPerSecond: before === undefined ? 0 : growth(before.trades, trades) / (at - before.at) * 1000,
      lagRecords: [...samples.values()].reduce((sum, { lag }) => sum + lag, 0),
      producerConnected: [...feeds.values()].some(({ connected }) => connected),
    };
  }

  async #ask(addresses: Map<string, string>, signal: AbortSignal): Promise<Map<string, Sample>> {
    const asked = [...addresses].map(async ([uid, address]) => {
      return await inTime(TIMEOUT_MS, signal, async (either) => {
        const response = await this.#options.fetch(`http://${address}:${PORT}/metrics`, either);
        return [uid, readSample(await readBounded(response, MAX_BYTES))] as const;
      });
    });
    return new Map(await Promise.all(asked));
  }
}

/** Addresses of a role's running pods by their uid. */
function addresses(pods: readonly KubernetesObject[], role: string): Map<string, string> {
  const found = pods.flatMap(({ metadata, status }) => {
    const { phase, podIP } = (status ?? {}) as { phase?: string; podIP?: string };
    const mine = metadata.labels?.["app.kubernetes.io/name"] === role;
    if (!mine || phase !== "Running" || podIP === undefined || metadata.deletionTimestamp !== undefined) {
      return [];
    }
    return [[metadata.uid ?? metadata.name, podIP.includes(":") ? `[${podIP}]` : podIP] as const];
  });
  return new Map(found);
}

/** Trades that came since: a process that started anew began at 0, one that is new is counted from the next look on. */
function growth(before: Map<string, number>, now: Map<string, number>): number {
  let sum = 0;
  for (const [uid, trades] of now) {
    const known = before.get(uid);
    if (known !== undefined) sum += trades >= known ? trades - known : trades;
  }
  return sum;
}

/** Reads what matters out of a role's metrics in Prometheus' text format. */
export function readSample(metrics: string): Sample {
  return {
    trades: metricSum(metrics, "finnhub_pipe_processor_trades_out_total"),
    lag: metricSum(metrics, "finnhub_pipe_processor_lag"),
    connected: metricSum(metrics, "finnhub_pipe_feed_connected") > 0,
  };
}
