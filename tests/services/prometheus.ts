import { stringify } from "@std/yaml";
import { debianPackage } from "./debian.ts";
import { probing } from "./exchange.ts";
import { freePorts } from "./ports.ts";
import type { Progress } from "./progress.ts";
import { runCommand } from "./run_command.ts";
import { startGroup } from "./server.ts";
import { until } from "./until.ts";

/** An alerting rule, as a rule file has it. */
export interface Rule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}

/** Groups of a rule file. */
export interface RuleGroup {
  name: string;
  rules: Rule[];
}

/** A rule as Prometheus evaluates it. */
export interface EvaluatedRule {
  name: string;
  state: "inactive" | "pending" | "firing";
  /** `ok` once it was evaluated without an error. */
  health: string;
  lastError?: string;
  alerts: { labels: Record<string, string>; annotations: Record<string, string> }[];
}

/**
 * Runs Prometheus' own tool for rule files to its end.
 *
 * @returns what it said
 * @throws with what it said, where it complains
 */
export async function promtool(args: string[], progress: Progress): Promise<string> {
  const program = `${await debianPackage("prometheus", progress)}/usr/bin/promtool`;
  const { output, success } = await runCommand(program, args, 60_000);
  if (!success) throw new Error(`promtool ${args.join(" ")}:\n${output}`);
  return output;
}

/** A Prometheus of one's own on loopback, which looks at everything once a second. */
export class Prometheus implements AsyncDisposable {
  private constructor(readonly url: string, readonly stop: () => Promise<void>) {}

  /** @param targets addresses (`http://host:port`) of what it scrapes, by job */
  static async start(
    groups: readonly RuleGroup[],
    targets: Readonly<Record<string, string>>,
    progress: Progress,
  ): Promise<Prometheus> {
    const program = `${await debianPackage("prometheus", progress)}/usr/bin/prometheus`;
    const [port] = freePorts(1) as [number];
    const url = `http://127.0.0.1:${port}`;
    const group = await startGroup("prometheus", async (newFolder, add) => {
      const folder = await newFolder("prometheus");
      await Deno.writeTextFile(`${folder}/rules.yaml`, stringify({ groups }));
      await Deno.writeTextFile(
        `${folder}/prometheus.yaml`,
        stringify({
          global: { scrape_interval: "1s", evaluation_interval: "1s" },
          rule_files: ["rules.yaml"],
          scrape_configs: Object.entries(targets).map(([job, target]) => ({
            job_name: job,
            static_configs: [{ targets: [new URL(target).host] }],
          })),
        }),
      );
      const server = add({
        name: "prometheus",
        folder,
        command: [
          program,
          `--config.file=${folder}/prometheus.yaml`,
          `--storage.tsdb.path=${folder}/data`,
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        servesLine: /Server is ready to receive web requests/,
        probe: () => probing(async () => (await fetch(`${url}/-/ready`)).ok || "it is not ready"),
      });
      await server.ready();
    });
    return new Prometheus(url, () => group.stop());
  }

  async rules(): Promise<EvaluatedRule[]> {
    const { groups } = await this.#data<{ groups: { rules: EvaluatedRule[] }[] }>("rules");
    return groups.flatMap(({ rules }) => rules);
  }

  /** Labels of the series that a selector matches. */
  series(selector: string): Promise<Record<string, string>[]> {
    return this.#data(`series?match[]=${encodeURIComponent(selector)}`);
  }

  /** Why something is not scraped, by job; empty when all is. */
  async troubles(): Promise<string[]> {
    interface Target {
      health: string;
      lastError: string;
      labels: { job: string };
    }
    const { activeTargets } = await this.#data<{ activeTargets: Target[] }>("targets");
    return activeTargets.filter(({ health }) => health !== "up")
      .map(({ health, labels, lastError }) => `${labels.job} ${health} ${lastError}`);
  }

  /** Waits until everything is scraped and every rule was evaluated without an error. */
  async settled(): Promise<void> {
    await until("Prometheus to scrape and evaluate everything", async () => {
      const unhealthy = (await this.rules()).filter(({ health }) => health !== "ok")
        .map(({ health, lastError, name }) => `${name} ${health} ${lastError ?? ""}`);
      return [...await this.troubles(), ...unhealthy].join("; ") || true;
    }, { deadline: 30_000 });
  }

  /** Waits until an alert is in a state; the rule with its alerts. */
  async until(alert: string, state: EvaluatedRule["state"], deadline = 30_000): Promise<EvaluatedRule> {
    let found: EvaluatedRule | undefined;
    await until(`${alert} to be ${state}`, async () => {
      found = (await this.rules()).find(({ name }) => name === alert);
      return found?.state === state || JSON.stringify(found);
    }, { deadline });
    return found!;
  }

  async #data<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${path}`);
    const { data, error } = await response.json() as { data: T; error?: string };
    if (!response.ok) throw new Error(`Prometheus answers ${path} with ${response.status}: ${error}`);
    return data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
