import { assert, assertEquals } from "@std/assert";
import document from "../../../manifests/monitoring/README.md" with { type: "text" };
import { PIPELINE, queriesOf } from "../../grafana/dashboard.ts";

/** The documented metrics by their types, which another test compares with those that the roles serve. */
const SERVED = new Map(
  [...document.matchAll(/^\| `(finnhub_pipe_\w+)` +\| (\w+) /gm)].map(([, name, type]) => [name!, type!]),
);

Deno.test("the pipeline dashboard asks for metrics that the roles serve, counters by their rate", () => {
  const queries = queriesOf(PIPELINE).filter((query) => query.includes("finnhub_pipe_"));
  assert(queries.length > 20);
  for (const query of queries) {
    const names = [...query.matchAll(/finnhub_pipe_\w+/g)].map(([name]) => name);
    assertEquals(names.length, 1, query);
    const name = names[0]!;
    const type = SERVED.get(name.replace(/_bucket$/, ""));
    assertEquals(type === "histogram", name.endsWith("_bucket"), query);
    assert(type !== undefined, `${name} is served by no role`);
    assertEquals(type !== "gauge", /\b(rate|increase|changes)\(/.test(query), query);
  }
});

Deno.test("every query of the pipeline dashboard is of the chosen namespace and instance", () => {
  const shown = PIPELINE.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr!));
  for (const query of [...shown, ...PIPELINE.annotations.list.map(({ expr }) => expr!)]) {
    assert(query.includes('namespace=~"$namespace"'), query);
    assert(query.includes('instance=~"$instance"') || query.startsWith("ALERTS"), query);
  }
});

Deno.test("the pipeline dashboard says what to do without a Prometheus", () => {
  const text = PIPELINE.panels.find(({ type }) => type === "text") as unknown as {
    options: { content: string };
  };
  assert(text.options.content.includes("Prometheus"));
});
