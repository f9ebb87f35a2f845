import { assertEquals, assertStringIncludes } from "@std/assert";
import { parse, stringify } from "@std/yaml";
import cases from "./alerts_cases.yaml" with { type: "text" };
import { alertGroups, seriesOf, withoutWaiting } from "../alert_rules.ts";
import { monitoring } from "../../src/operator/components/monitoring/monitoring.ts";
import { defaultPipeline } from "../../src/operator/install.ts";
import { readPipeline } from "../../src/operator/pipeline.ts";
import { integrationTest } from "../needs.ts";
import { freePorts } from "../services/ports.ts";
import { progressOnStderr } from "../services/progress.ts";
import { Prometheus, promtool } from "../services/prometheus.ts";
import { sharedServices } from "../services/shared.ts";
import { until } from "../services/until.ts";
import { Pipeline } from "./pipeline.ts";
import { writeTopic } from "./topic.ts";

const services = await sharedServices();

interface ExpectedAlert {
  exp_labels: Record<string, string>;
  exp_annotations?: Record<string, string>;
}

interface Case {
  name: string;
  alert_rule_test: { alertname: string; exp_alerts: ExpectedAlert[] }[];
}

const GROUPS = alertGroups();
const RULES = new Map(GROUPS.flatMap(({ rules }) => rules).map((rule) => [rule.alert, rule]));

integrationTest(
  "promtool takes the rules, and every alert fires when it should and not when it should not",
  async () => {
    const progress = progressOnStderr();
    const { tests } = parse(cases) as { tests: Case[] };
    const looks = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
    const named = (fires: boolean) =>
      looks.filter(({ exp_alerts }) => exp_alerts.length > 0 === fires).map(({ alertname }) => alertname);
    for (const fires of [true, false]) {
      assertEquals([...new Set(named(fires))].toSorted(), [...RULES.keys()].toSorted(), `fires: ${fires}`);
    }
    for (const { alertname, exp_alerts } of looks) {
      for (const alert of exp_alerts) {
        alert.exp_annotations = { ...RULES.get(alertname)!.annotations, ...alert.exp_annotations };
      }
    }
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/rules.yaml`, stringify({ groups: GROUPS }));
      const file = { rule_files: ["rules.yaml"], evaluation_interval: "30s", tests };
      await Deno.writeTextFile(`${folder}/cases.yaml`, stringify(file));
      assertStringIncludes(
        await promtool(["check", "rules", `${folder}/rules.yaml`], progress),
        `${RULES.size} rules found`,
      );
      const { spec } = monitoring(readPipeline(defaultPipeline("team-a")))[0] as unknown as { spec: object };
      await Deno.writeTextFile(`${folder}/own.yaml`, stringify(spec));
      assertStringIncludes(
        await promtool(["check", "rules", `${folder}/own.yaml`], progress),
        `${RULES.size} rules found`,
      );
      await promtool(["test", "rules", `${folder}/cases.yaml`], progress);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

integrationTest("a Prometheus that scrapes the roles has what the alerts ask for, and alerts", async (t) => {
  await using pipeline = await Pipeline.setUp(services, "alerts");
  const listen = `127.0.0.1:${freePorts(1)[0]}`;
  const startFeed = () => pipeline.start("simulator", ["--listen", listen, "--symbols", "A", "--rate", "20"]);
  const feed = startFeed();
  const producer = pipeline.start("producer", ["--tickers", "A"], { FINNHUB_WS_URL: `ws://${listen}` });
  const roles = [
    producer,
    pipeline.start("processor"),
    pipeline.start("dashboard", ["--listen", "127.0.0.1:0"]),
  ];
  const targets: Record<string, string> = {};
  for (const role of roles) targets[role.name] = await role.http();
  const groups = GROUPS.filter(({ name }) => name === "finnhub-pipe-trades");
  await using prometheus = await Prometheus.start(withoutWaiting(groups), targets, progressOnStderr());

  await t.step("everything is scraped, and every rule can be evaluated", () => prometheus.settled());

  await t.step("every series is there before anything goes wrong", async () => {
    const names = new Set(groups.flatMap(({ rules }) => rules.flatMap(({ expr }) => seriesOf(expr))));
    await until("every series", async () => {
      const found = await Promise.all([...names].map((name) => prometheus.series(name)));
      return [...names].filter((_, i) => found[i]!.length === 0).join(", ") || true;
    });
  });

  await t.step("while all is well nothing fires", async () => {
    await until("the processor to have stored trades", async () => {
      return await roles[1]!.metric("finnhub_pipe_processor_trades_out_total") > 50 || "not yet";
    });
    for (const { alert } of groups.flatMap(({ rules }) => rules)) await prometheus.until(alert, "inactive");
  });

  await t.step("the first message that cannot be used is seen", async () => {
    await writeTopic(pipeline, [new Uint8Array([0xff])]);
    const { alerts: [alert] } = await prometheus.until("FinnhubPipeDeadLetters", "firing");
    assertEquals([alert!.labels.severity, alert!.labels.job], ["ticket", "processor"]);
  });

  await t.step("a feed that is lost is seen, and that it is back", async () => {
    await feed.stop();
    const { alerts: [alert] } = await prometheus.until("FinnhubPipeFeedLost", "firing");
    assertEquals(alert!.labels.severity, "page");
    startFeed();
    await prometheus.until("FinnhubPipeFeedLost", "inactive", 60_000);
  });

  await t.step("a producer that is gone is seen", async () => {
    assertEquals((await producer.stop()).code, 0);
    await prometheus.until("FinnhubPipeProducerMissing", "firing");
  });
});
