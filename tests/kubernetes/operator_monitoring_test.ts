import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import alerts from "../../manifests/monitoring/alerts.yaml" with { type: "text" };
import { integrationTest } from "../needs.ts";
import { until } from "../services/until.ts";
import { type Json, Operating } from "./operating.ts";

const NAME = "finnhub-pipe-monitoring";
const KINDS = ["PrometheusRule", "ServiceMonitor"];

/** The Prometheus operator's kinds, as far as the API server has to know them. */
const definition = (kind: string) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${kind.toLowerCase()}s.monitoring.coreos.com` },
  spec: {
    group: "monitoring.coreos.com",
    scope: "Namespaced",
    names: { kind, plural: `${kind.toLowerCase()}s` },
    versions: [{
      name: "v1",
      served: true,
      storage: true,
      schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
    }],
  },
});

integrationTest("alerts and scraping come with the kinds of the Prometheus operator", async (t) => {
  await using stage = await Operating.set();
  stage.operator();
  await stage.until("Ready");
  const there = async (kind: string): Promise<Json> =>
    await stage.find(kind.toLowerCase(), NAME).catch(() => undefined);
  const made = (kind: string) =>
    until(`the ${kind}`, async () => await there(kind) !== undefined || "there is none", {
      deadline: 60_000,
    });

  await t.step("they are made when the kinds come, with the rights of manifests/operator.yaml", async () => {
    assertEquals(
      (await stage.get("fpipe", "pipeline")).status.components.some(({ name }: Json) =>
        name === "monitoring"
      ),
      false,
    );
    for (const kind of KINDS) await stage.cluster.apply(JSON.stringify(definition(kind)));
    for (const kind of KINDS) await made(kind);
    const { spec: { groups } } = await there("PrometheusRule");
    const written = (parse(alerts) as { spec: { groups: Json[] } }).spec.groups;
    assertEquals(groups.map(({ rules }: Json) => rules.length), written.map(({ rules }) => rules.length));
    assert(JSON.stringify(groups).includes('{namespace=\\"pipeline\\"}'));
    await until("monitoring to be ready", async () => {
      const { components } = (await stage.get("fpipe", "pipeline")).status;
      return components.some(({ name, state }: Json) => name === "monitoring" && state === "ready") ||
        JSON.stringify(components);
    });
    assertEquals(await stage.refusals(), []);
  });

  await t.step("they are set right when somebody deletes or changes them, and are written once", async () => {
    await stage.kubectl("delete", "servicemonitor", NAME);
    await made("ServiceMonitor");
    const since = new Date();
    await stage.kubectl("label", "fpipe", "pipeline", "any=thing");
    await stage.change({ monitoring: { labels: { release: "stack" } } });
    await until(
      "the label",
      async () => (await there("PrometheusRule")).metadata.labels.release === "stack" || "not yet",
    );
    await stage.until("Ready");
    const writes = (await stage.writes(since)).filter((write) =>
      /prometheusrules|servicemonitors/.test(write)
    );
    assertEquals(writes.toSorted(), [`patch prometheusrules/${NAME}`, `patch servicemonitors/${NAME}`]);
  });

  await t.step(
    "they go when the Pipeline does not want them, and when the kinds go nothing is wrong",
    async () => {
      await stage.change({ monitoring: { enabled: false } });
      await until("both to be gone", async () => {
        const left = await Promise.all(KINDS.map(there));
        return left.every((each) => each === undefined) || "one is left";
      });
      await stage.change({ monitoring: { enabled: true } });
      await made("PrometheusRule");
      for (const kind of KINDS) await stage.kubectl("delete", "crd", definition(kind).metadata.name);
      await until("monitoring to be off", async () => {
        const { components } = (await stage.get("fpipe", "pipeline")).status;
        return components.every(({ name }: Json) => name !== "monitoring") || "not yet";
      }, { deadline: 90_000 });
      await stage.until("Ready");
      assertEquals((await stage.condition("Degraded")).status, "False");
    },
  );
});
