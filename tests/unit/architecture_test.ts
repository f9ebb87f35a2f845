import { assertEquals } from "@std/assert";
import { breaches, type Source } from "../architecture.ts";

const ROOT = new URL("../../", import.meta.url);
const readable = (await Deno.permissions.query({ name: "read", path: ROOT })).state === "granted";

/** All files below a folder of the checkout. */
async function* filesBelow(folder: string): AsyncGenerator<Source> {
  for await (const { isDirectory, name } of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesBelow(path);
    else yield { path, text: name.endsWith(".ts") ? await Deno.readTextFile(new URL(path, ROOT)) : "" };
  }
}

Deno.test({
  name: `the walls of the house stand${
    readable ? "" : " (ignored: needs read permission; run make test-unit)"
  }`,
  ignore: !readable,
  fn: async () => {
    const files = [
      ...await Array.fromAsync(filesBelow("src")),
      ...await Array.fromAsync(filesBelow("tests")),
    ];
    assertEquals(breaches(files), []);
  },
});

const source = (path: string, ...lines: string[]): Source => ({ path, text: `${lines.join("\n")}\n` });

/** One planted breach of each rule, and what is to be said of it. */
const PLANTED: [Source[], string][] = [
  [
    [
      source("src/kafka/a.ts", 'import type { B } from "./b.ts";'),
      source("src/kafka/b.ts", 'export { c } from "./c.ts";'),
      source("src/kafka/c.ts", 'const a = () => import("./a.ts");'),
    ],
    "src/kafka/a.ts -> src/kafka/b.ts -> src/kafka/c.ts -> src/kafka/a.ts: an import circle",
  ],
  [
    [source("src/batch/a.ts", "import {", "  type Feed,", '} from "../finnhub/feed.ts";')],
    "src/batch/a.ts -> src/finnhub/feed.ts: batch imports no adapter: only market, processing, publishing, batch, async, telemetry",
  ],
  [[source("src/market/a.ts", "Deno.exit(1);")], "src/market/a.ts -> Deno: market uses no Deno API"],
  [
    [source("src/roles/a.ts", 'import type { Admin } from "kafkajs";')],
    "src/roles/a.ts -> kafkajs: kafkajs is imported in src/kafka alone",
  ],
  [
    [source("src/market/a.ts", 'import k from "kafkajs/src/x.js";')],
    "src/market/a.ts -> kafkajs/src/x.js: kafkajs is imported in src/kafka alone",
  ],
  [
    [
      source("src/roles/a.ts", 'import { run as b } from "./b.ts";', "export async function run() {}"),
      source("src/roles/b.ts", "export async function run() {}"),
    ],
    "src/roles/a.ts -> src/roles/b.ts: a role imports no other role",
  ],
  [
    [source("src/roles/a.ts", 'import { ROLES } from "../command/roles.ts";')],
    "src/roles/a.ts -> src/command/roles.ts: a role imports nothing of command but role.ts",
  ],
  [
    [source("src/web/a.ts", 'import { part } from "../roles/part.ts";')],
    "src/web/a.ts -> src/roles/part.ts: only the table of roles imports a role",
  ],
  [[source("tests/a.ts", ..."x".repeat(301))], "tests/a.ts has 301 lines: at most 300"],
  [
    Array.from({ length: 21 }, (_, i) => source(`src/web/page/${i}.css`)),
    "src/web/page has 21 files side by side: at most 20",
  ],
];

Deno.test("each planted breach of a wall is found and named, and nothing else is", () => {
  for (const [files, breach] of PLANTED) assertEquals(breaches(files), [breach]);
});
