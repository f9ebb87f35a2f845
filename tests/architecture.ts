/** The walls of the house, over its module graph. `src/README.md` says what each room is for. */

/** A source file: what it imports, types counted, and its text. */
export interface Source {
  /** From the checkout's root, as `src/market/trade.ts`. */
  path: string;
  text: string;
}

/** Longest TypeScript file, lines. */
const MAX_LINES = 300;
/** Most files side by side in a room. */
const MAX_FILES = 20;

/** Rooms that know no server, no file and no clock: what they need of them comes in through ports. */
const PURE = ["market", "processing", "publishing", "batch"];
/** Rooms that everybody may use: they hold no client. */
const COMMON = [...PURE, "async", "telemetry"];

/** The one room of each client library. */
const CLIENTS: Record<string, string> = {
  "kafkajs": "kafka",
  "cassandra-driver": "cassandra",
  "@kubernetes/client-node": "kubernetes",
  "@opentelemetry": "telemetry",
  "node:sqlite": "embedded",
  "node-forge": "operator",
  "snappyjs": "kafka",
  "@std/cli": "command",
  "cli-progress": "command",
};

/** What a file imports: by `import`, `export … from` and `import()`, as they stand in the text. */
export function importsOf({ text }: Source): string[] {
  const statements = text.matchAll(/^(?:import|export)\b[^"'`;]*?from\s*"([^"]+)"|^import\s*"([^"]+)"/gm);
  const calls = text.matchAll(/\bimport\(\s*"([^"]+)"/g);
  return [...statements, ...calls].map(([, from, bare]) => from ?? bare!);
}

const folder = (path: string) => path.slice(0, path.lastIndexOf("/"));
const roomOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1];

/** The path of a relative import. */
function target(from: string, specifier: string): string {
  const parts = folder(from).split("/");
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** All breaches of the walls, each with its arrow and the rule. */
export function breaches(files: readonly Source[]): string[] {
  const sources = files.filter(({ path }) => path.endsWith(".ts"));
  const roles = rolesOf(sources);
  return [
    ...sources.flatMap((source) => [...lengthOf(source), ...arrowsOf(source, roles)]),
    ...crowds(files),
    ...circles(sources),
  ];
}

function lengthOf({ path, text }: Source): string[] {
  const lines = text.split("\n").length - 1;
  return lines > MAX_LINES ? [`${path} has ${lines} lines: at most ${MAX_LINES}`] : [];
}

function arrowsOf(source: Source, roles: ReadonlySet<string>): string[] {
  const { path, text } = source;
  const room = roomOf(path);
  if (room === undefined) return [];
  const found: string[] = [];
  const breach = (specifier: string, rule: string) => found.push(`${path} -> ${specifier}: ${rule}`);
  const pure = PURE.includes(room);
  if (pure && /\bDeno\./.test(text)) breach("Deno", `${room} uses no Deno API`);
  for (const specifier of importsOf(source)) {
    const [client, home] = Object.entries(CLIENTS).find(([name]) =>
      specifier === name || specifier.startsWith(`${name}/`)
    ) ?? [];
    if (home !== undefined && home !== room) breach(specifier, `${client} is imported in src/${home} alone`);
    if (!specifier.startsWith(".")) continue;
    const to = target(path, specifier);
    const toRoom = roomOf(to);
    if (pure && toRoom !== undefined && !COMMON.includes(toRoom)) {
      breach(to, `${room} imports no adapter: only ${COMMON.join(", ")}`);
    }
    if (roles.has(path) && roles.has(to)) breach(to, "a role imports no other role");
    if (room === "roles" && toRoom === "command" && to !== "src/command/role.ts") {
      breach(to, "a role imports nothing of command but role.ts");
    }
    if (room !== "command" && room !== "roles" && toRoom === "roles") {
      breach(to, "only the table of roles imports a role");
    }
  }
  return found;
}

/** Files of `src/roles` with `run()`; the others are parts of one. */
const rolesOf = (sources: readonly Source[]): Set<string> =>
  new Set(
    sources.filter(({ path, text }) => roomOf(path) === "roles" && /^export async function run\(/m.test(text))
      .map(({ path }) => path),
  );

function crowds(all: readonly Source[]): string[] {
  const rooms = Map.groupBy(all.filter(({ path }) => path.startsWith("src/")), ({ path }) => folder(path));
  return [...rooms].filter(([, files]) => files.length > MAX_FILES)
    .map(([room, files]) => `${room} has ${files.length} files side by side: at most ${MAX_FILES}`);
}

/** Each group of files that import one another, by one way around. */
function circles(sources: readonly Source[]): string[] {
  const graph = new Map(
    sources.map((source) => [
      source.path,
      importsOf(source).filter((each) => each.startsWith(".")).map((each) => target(source.path, each)),
    ]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, way: string[]) => {
    const at = way.indexOf(path);
    if (at >= 0) return void found.push(`${[...way.slice(at), path].join(" -> ")}: an import circle`);
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}
