import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parse } from "@std/yaml";
import readme from "../../../grafana/README.md" with { type: "text" };
import datasourcesText from "../../../grafana/provisioning/datasources.yaml" with { type: "text" };
import providersText from "../../../grafana/provisioning/dashboards.yaml" with { type: "text" };
import { CANDLE_RULES, CANDLES, candlesOf } from "../../../src/market/series.ts";
import { desiredState } from "../../../src/operator/components/desired.ts";
import type { Workload } from "../../../src/operator/workload.ts";
import {
  candlesValue,
  DASHBOARDS,
  intervalMs,
  longestRange,
  MARKET,
  panelCql,
  PIPELINE,
  queriesOf,
} from "../../grafana/dashboard.ts";
import { variablesIn } from "../../grafana/expand.ts";
import { schemaProblems } from "../../grafana/schema.ts";
import { cluster, environment, find, pipeline } from "../operator/cluster_fake.ts";

const components = desiredState(pipeline({}), cluster());
const deployment = find(components, "Deployment/grafana") as Workload;
const env = environment(deployment) as Record<string, string>;

interface Provisioned {
  uid: string;
  type: string;
}

const { datasources } = parse(datasourcesText) as { datasources: Provisioned[] };

for (const [file, dashboard] of Object.entries(DASHBOARDS)) {
  const { annotations, panels, templating, timepicker } = dashboard;

  Deno.test(`${file} has the structure that Grafana's dashboard model asks for`, () => {
    assertEquals(schemaProblems(dashboard), []);
  });

  Deno.test(`${file}: panels have ids of their own, fit the grid and do not overlap`, () => {
    assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
    const taken = new Map<string, number>();
    for (const { gridPos: { h, w, x, y }, id } of panels) {
      assert(x + w <= 24, `panel ${id} is wider than the grid`);
      for (let cell = 0; cell < w * h; cell++) {
        const place = `${x + cell % w},${y + Math.floor(cell / w)}`;
        assert(!taken.has(place), `panels ${taken.get(place)} and ${id} overlap`);
        taken.set(place, id);
      }
    }
  });

  Deno.test(`${file}: every data source is provisioned, or chosen by a variable`, () => {
    const provided = [
      // Grafana's own, for the rows of another panel.
      "datasource -- Dashboard --",
      ...datasources.map(({ type, uid }) => `${type} ${uid}`),
      ...templating.list.filter(({ type }) => type === "datasource").map(({ name, query }) =>
        `${query} \${${name}}`
      ),
    ];
    const used = [
      ...panels.flatMap((
        { datasource, targets = [] },
      ) => [datasource, ...targets.map((each) => each.datasource)]),
      ...templating.list.map(({ datasource }) => datasource),
    ].filter((each) => each !== undefined);
    assert(used.length > 0);
    for (const { type, uid } of used) assert(provided.includes(`${type} ${uid}`), `${type} ${uid}`);
  });

  Deno.test(`${file}: every variable that is used is defined, and every one defined is used`, () => {
    const known = templating.list.map(({ name }) => name);
    const used = new Set(
      variablesIn(JSON.stringify([panels, templating.list, annotations])).filter((name) =>
        !name.startsWith("__")
      ),
    );
    assertEquals([...used].sort(), known.sort());
  });

  Deno.test(`${file}: the Deployment allows its refresh, and every other that it offers`, () => {
    const least = intervalMs(env.GF_DASHBOARDS_MIN_REFRESH_INTERVAL!);
    for (const each of [dashboard.refresh, ...timepicker.refresh_intervals]) {
      assert(intervalMs(each) >= least, each);
    }
    assert(timepicker.refresh_intervals.includes(dashboard.refresh));
  });

  Deno.test(`${file} is mounted by the operator as it stands`, () => {
    const { data } = find(components, "ConfigMap/grafana-dashboards") as unknown as {
      data: Record<string, string>;
    };
    assertEquals(JSON.parse(data[file]!), dashboard);
  });

  Deno.test(`${file}: each panel says what it shows, and so does the README`, () => {
    for (const { description, title, type } of panels.filter(({ type }) => type !== "text")) {
      assertMatch(description, /^\w.+\.$/, title);
      assertMatch(readme, new RegExp(`^\\| ${type === "candlestick" ? "Price" : title} +\\|`, "m"));
    }
  });
}

Deno.test("nothing is asked for with ALLOW FILTERING, nor with a date that the browser's time zone would shift", () => {
  for (const query of Object.values(DASHBOARDS).flatMap(queriesOf)) {
    assert(!/allow\s+filtering/i.test(query), query);
    assert(!/__(from|to):date/.test(query), query);
  }
});

Deno.test("what panels share is there, and each query is asked once", () => {
  const asked = MARKET.panels.flatMap(({ targets = [] }) => targets);
  for (const { datasource, panelId, target } of asked) {
    assertEquals(datasource.uid === "-- Dashboard --", panelId !== undefined);
    if (panelId === undefined) continue;
    assert(
      target === undefined && MARKET.panels.some(({ id, targets }) => id === panelId && targets![0]!.target),
    );
  }
  const queries = asked.flatMap(({ target }) => target ?? []);
  assertEquals(queries.map((query) => /FROM (\w+)/.exec(query)![1]).sort(), [
    "candles",
    "running_averages_15_sec",
    "trades",
  ]);
});

Deno.test("the pipeline begins with the feed and the lag, as stats with thresholds", () => {
  const first = PIPELINE.panels.filter(({ gridPos }) => gridPos.y === 0).toSorted((a, b) =>
    a.gridPos.x - b.gridPos.x
  );
  assertEquals(first.slice(0, 2).map(({ title, type }) => [title, type]), [["Feed", "stat"], [
    "Behind",
    "stat",
  ]]);
  assertEquals(PIPELINE.templating.list.map(({ name }) => name), ["prometheus", "namespace", "instance"]);
  assertEquals(PIPELINE.annotations.list.map(({ name }) => name), ["Rebalances", "Gaps", "Alerts"]);
});

Deno.test("the market is refreshed every 5 seconds, twice a second by choice, and its list of symbols only when it is opened", () => {
  assertEquals([MARKET.refresh, MARKET.timepicker.refresh_intervals[0]], ["5s", "500ms"]);
  const symbol = MARKET.templating.list.find(({ name }) => name === "symbol")!;
  assertEquals([symbol.type, symbol.refresh], ["query", 1]);
});

Deno.test("the candles to choose from are those that a processor can keep, and each names their rows", () => {
  const { current } = MARKET.templating.list.find(({ name }) => name === "candles")!;
  assertEquals(current?.value, candlesValue("raw"));
  const panel = MARKET.panels.find(({ title }) => title === "$symbol, $interval")!;
  for (const rule of CANDLE_RULES) {
    const cql = panelCql(panel, "A", "1m", { from: 0, to: 1 }, rule);
    assert(cql.includes(` AND interval = '${candlesOf("1m", rule)!.name}' AND `), cql);
  }
});

Deno.test("the intervals to choose from are those that the processor makes", () => {
  const interval = MARKET.templating.list.find(({ name }) => name === "interval")!;
  assertEquals(interval.query, CANDLES.map(({ name }) => name).join(","));
  assert(CANDLES.some(({ name }) => name === interval.current?.value));
});

Deno.test("no range that the market offers is longer than its panels are right for", () => {
  const { time, timepicker } = MARKET;
  for (const { from, to } of [time, ...timepicker.quick_ranges!]) {
    assertEquals(to, "now");
    const length = intervalMs(from.replace("now-", ""));
    for (const panel of MARKET.panels.filter(({ type }) => type !== "table")) {
      for (const { name } of CANDLES) assert(length <= longestRange(panel, name), `${panel.title}: ${from}`);
    }
  }
});

Deno.test("Grafana's container has every variable of the provisioned files, and finds the dashboards", () => {
  for (const name of variablesIn(datasourcesText.replaceAll(/^#.*$/gm, ""))) {
    assert(env[name] !== undefined, name);
  }
  const { providers: [{ options }] } = parse(providersText) as { providers: [{ options: { path: string } }] };
  const { volumeMounts } = deployment.spec.template.spec.containers[0] as unknown as {
    volumeMounts: { name: string; mountPath: string }[];
  };
  assertEquals(volumeMounts.find(({ name }) => name === "dashboards")?.mountPath, options.path);
});

Deno.test("the README names the versions and settings that the operator uses", () => {
  const { image } = deployment.spec.template.spec.containers[0];
  for (const text of [image, env.GF_PLUGINS_PREINSTALL!, env.GF_DASHBOARDS_MIN_REFRESH_INTERVAL!]) {
    assertStringIncludes(readme, text);
  }
});
