import cassandra from "cassandra-driver";
import { parse } from "@std/yaml";
import { metricSum } from "../../src/telemetry/read_metrics.ts";
import { makeImages } from "../kubernetes/cluster/images/mod.ts";
import { installRelease } from "../services/install.ts";
import type { Progress } from "../services/progress.ts";
import { KAFKA_RELEASES } from "../services/releases.ts";
import { until } from "../services/until.ts";
import { type Engine, output } from "./engine.ts";

const FOLDER = new URL("../../manifests/compose/", import.meta.url).pathname;

/** A service of compose.yaml, as far as tests look at it. */
export interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  [key: string]: unknown;
}

export async function readServices(file = "compose.yaml"): Promise<Record<string, Service>> {
  const text = await Deno.readTextFile(FOLDER + file);
  return (parse(text) as { services: Record<string, Service> }).services;
}

/** The services of manifests/compose on an engine, with images made here. */
export class Stack {
  constructor(readonly engine: Engine, readonly binary: string) {}

  static async load(engine: Engine, binary: string, folder: string, progress: Progress): Promise<Stack> {
    const { kafka } = await readServices();
    const release = KAFKA_RELEASES["4.4"];
    const { classPath } = await installRelease(release, progress);
    const archive = await makeImages(["kafka", "cassandra", "finnhub-pipe", "grafana"], folder, progress, {
      name: kafka!.image,
      jars: classPath.split(":"),
    });
    await engine.docker("load", `--input=${archive}`);
    await Deno.remove(archive);
    return new Stack(engine, binary);
  }

  /** Runs `docker compose` in the folder of compose.yaml. */
  compose(...args: string[]): Promise<string> {
    return output(this.binary, [`--project-directory=${FOLDER}`, `--file=${FOLDER}compose.yaml`, ...args], {
      ...this.engine.env,
      HOME: "/nonexistent",
    });
  }

  /** Starts all, and waits until every service is healthy. */
  async up(): Promise<void> {
    await this.compose("up", "--detach", "--wait", "--no-build", "--pull=never");
  }

  async addressOf(service: string): Promise<string> {
    const id = await this.compose("ps", "--quiet", service);
    const format = "--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    return await this.engine.docker("inspect", format, id);
  }

  /** Sum over the series of a metric of one of our roles. */
  async metric(service: string, name: string): Promise<number> {
    const response = await fetch(`http://${await this.addressOf(service)}:8080/metrics`);
    const text = await response.text();
    if (!text.includes(`\n${name}`)) throw new Error(`${service} has no metric ${name}`);
    return metricSum(text, name);
  }

  /** The uuids of all trades in Cassandra. */
  async stored(): Promise<Set<string>> {
    const client = new cassandra.Client({
      contactPoints: [await this.addressOf("cassandra")],
      localDataCenter: "datacenter1",
    });
    try {
      const { rows } = await client.execute("SELECT uuid FROM market.trades", [], { fetchSize: 100_000 });
      return new Set(rows.map((row) => `${row.get("uuid")}`));
    } finally {
      await client.shutdown();
    }
  }

  /** Waits until more than `count` trades are stored. */
  async moreThan(count: number): Promise<void> {
    await until(`more than ${count} trades in Cassandra`, async () => {
      const { size } = await this.stored();
      return size > count || `${size}`;
    }, { deadline: 120_000, interval: 500 });
  }

  /** Stops the producer and waits until the processor has stored what it sent. */
  async drain(): Promise<void> {
    await this.compose("stop", "producer");
    await until("the processor to have stored all", async () => {
      const lag = await this.metric("processor", "finnhub_pipe_processor_lag");
      return lag === 0 || `${lag} messages wait`;
    }, { deadline: 60_000, interval: 250 });
  }
}
