/** No pattern of the sources takes more than linear time: whoever sends the text it meets would choose how long that is. */
import { assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import recheck from "recheck";
import { type Pattern, patternsOf } from "./patterns.ts";

const ROOT = new URL("../../", import.meta.url);
const readable = (await Deno.permissions.query({ name: "read", path: ROOT })).state === "granted";

/** Kept as its makers publish it; it runs in the browser, on the page's own data. */
const LIBRARY = "src/web/pages/dashboard/lightweight-charts";

/** Patterns that are put together while the program runs, by what stands in their call, and an example of each. */
const MADE: Record<string, string> = {
  'src/telemetry/log.ts: needles.join("|")': "s3cret-token|another%20secret",
  "src/operator/reconcile/observed.ts: `^data-${component}-(\\\\d+)$`": "^data-kafka-(\\d+)$",
  // Those of the CustomResourceDefinition, which are looked at one by one.
  "src/operator/schema.ts: pattern": "",
};

/** Milliseconds for one pattern: none takes a tenth of it on a machine that does nothing else. */
const TIMEOUT = 20_000;

async function* sourcesBelow(folder: string): AsyncGenerator<{ path: string; text: string }> {
  for await (const { isDirectory, name } of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${name}`;
    if (path === LIBRARY) continue;
    if (isDirectory) yield* sourcesBelow(path);
    else if (/\.[jt]s$/.test(name)) yield { path, text: await Deno.readTextFile(new URL(path, ROOT)) };
  }
}

/** What is wrong with a pattern; undefined when every text is matched in linear time. */
function faultOf({ flags, line, path, source }: Pattern): string | undefined {
  const check = (checker: "automaton" | "auto") =>
    recheck.checkSync(source, flags, { checker, timeout: TIMEOUT });
  let verdict = check("automaton");
  // It knows no references back and no looking around; the other searches for slow texts.
  if (verdict.status === "unknown") verdict = check("auto");
  if (verdict.status === "safe") return undefined;
  const why = verdict.status === "vulnerable"
    ? `${verdict.complexity.summary}, as for ${verdict.attack.pattern}`
    : `not judged: ${verdict.error.kind}`;
  return `${path}:${line}: /${source}/${flags}: ${why}`;
}

function patternsInside(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { pattern } = value as { pattern?: unknown };
  return [
    ...typeof pattern === "string" ? [pattern] : [],
    ...Object.values(value).flatMap(patternsInside),
  ];
}

const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({
    name: readable ? name : `${name} (ignored: needs read permission; run make test-unit)`,
    ignore: !readable,
    fn,
  });

test("every pattern of the sources takes linear time at most", async () => {
  const files = await Array.fromAsync(sourcesBelow("src"));
  const found = files.map(({ path, text }) => patternsOf(path, text));
  const made = found.flatMap(({ made }) => made);
  assertEquals(
    made.map(({ path, source }) => `${path}: ${source}`).toSorted(),
    Object.keys(MADE).toSorted(),
    "patterns that are made while the program runs",
  );
  const examples = Object.entries(MADE).map(([where, source]) => ({
    source,
    flags: "",
    path: where.split(":")[0]!,
    line: 0,
  }));
  const unique = new Map(
    [...found.flatMap(({ literals }) => literals), ...examples].map((each) => [
      `${each.source} ${each.flags}`,
      each,
    ]),
  );
  assertEquals([...unique.values()].map(faultOf).filter((fault) => fault !== undefined), []);
});

test("every pattern of the CustomResourceDefinition takes linear time at most", async () => {
  const path = "manifests/crd.yaml";
  const patterns = patternsInside(parse(await Deno.readTextFile(new URL(path, ROOT))));
  const faults = [...new Set(patterns)].map((source) => faultOf({ source, flags: "u", path, line: 0 }));
  assertEquals(faults.filter((fault) => fault !== undefined), []);
});

Deno.test("patterns are found wherever they stand, and a slow one is named with its file and line", () => {
  const text = [
    "const a = /x[/]+/gu;",
    "f(`${'a'.replace(/b/, \"\")}`, { key: [/c/v] });",
    "class A { static b = new RegExp(`^${a}`, 'i'); c = RegExp(a); }",
    "// /comment/",
    'const d = "/text/" / 2 / 3;',
    "/^(\\d+)+$/.test(e);",
  ].join("\n");
  const { literals, made } = patternsOf("a.ts", text);
  assertEquals(literals.map(({ flags, line, source }) => `${line} ${source} ${flags}`), [
    "1 x[/]+ gu",
    "2 b ",
    "2 c v",
    "6 ^(\\d+)+$ ",
  ]);
  assertEquals(made.map(({ line, source }) => `${line} ${source}`), ["3 `^${a}`", "3 a"]);
  assertEquals(faultOf(literals.at(-1)!)?.split(", as for")[0], "a.ts:6: /^(\\d+)+$/: exponential");
});
