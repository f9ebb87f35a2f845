import { assertEquals } from "@std/assert";
import { alertGroups, seriesOf, withoutWaiting } from "../alert_rules.ts";
import { integrationTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { Prometheus } from "../services/prometheus.ts";
import { until } from "../services/until.ts";
import { Operating } from "./operating.ts";

const SECURE = new URL("fixtures/secure.yaml", import.meta.url).pathname;
const LEASE = "finnhub-pipe-operator";

integrationTest("a Prometheus that scrapes the operator alerts while a component is not ready", async (t) => {
  await using stage = await Operating.set();
  // With TLS there are certificates to be renewed.
  const operator = stage.operator(["--pipeline", SECURE]);
  await stage.until("Ready");
  const groups = alertGroups().filter(({ name }) => name === "finnhub-pipe-operator");
  await using prometheus = await Prometheus.start(
    withoutWaiting(groups),
    { operator: await operator.http() },
    progressOnStderr(),
  );
  await prometheus.settled();

  await t.step("every series is there, and nothing fires", async () => {
    for (const name of groups.flatMap(({ rules }) => rules.flatMap(({ expr }) => seriesOf(expr)))) {
      await until(name, async () => (await prometheus.series(name)).length > 0 || "no series");
    }
    for (const { alert } of groups.flatMap(({ rules }) => rules)) await prometheus.until(alert, "inactive");
  });

  await t.step("a component in trouble is named, until it is ready again", async () => {
    await stage.change({ feed: { tokenSecret: { name: "nowhere" } } });
    const { alerts } = await prometheus.until("FinnhubPipeComponentNotReady", "firing");
    assertEquals(alerts.map(({ labels }) => labels.component), ["producer"]);
    await stage.change({ feed: { tokenSecret: { name: "finnhub" } } });
    await prometheus.until("FinnhubPipeComponentNotReady", "inactive");
  });

  await t.step("an operator that leads no more says nothing of components", async () => {
    await stage.change({ feed: { tokenSecret: { name: "nowhere" } } });
    await prometheus.until("FinnhubPipeComponentNotReady", "firing");
    const other = JSON.stringify({ spec: { holderIdentity: "another", leaseTransitions: 9 } });
    await stage.kubectl("patch", "lease", LEASE, "--type=merge", `--patch=${other}`);
    await operator.says(/"message":"stands by"/);
    await prometheus.until("FinnhubPipeComponentNotReady", "inactive", 10_000);
  });

  await t.step("an operator that is gone is seen", async () => {
    await operator.stop();
    await prometheus.until("FinnhubPipeOperatorMissing", "firing");
  });
});
