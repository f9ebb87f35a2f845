/**
 * release.ts: puts what a release has into the folder release: the executable under its version and target, its bill of
 * materials, its provenance, checksums, and a signature of these where RELEASE_KEY names a file with a key. The same sources
 * make the same bytes.
 */
import config from "../deno.json" with { type: "json" };
import { provenance, sign } from "./provenance.ts";
import { bundledPackages, cycloneDx, otherParts } from "./sbom.ts";

const FOLDER = "release";
const { version } = config;
const { target } = Deno.build;
const name = `finnhub-pipe-${version}-${target}`;
const SUMS = `SHA256SUMS-${target}`;
const keyFile = Deno.env.get("RELEASE_KEY");
// A key that cannot be read is to be known before anything is made.
const key = keyFile ? await Deno.readTextFile(keyFile) : undefined;

await Deno.remove(FOLDER, { recursive: true }).catch(() => {});
await Deno.mkdir(FOLDER);
await Deno.copyFile("finnhub-pipe", `${FOLDER}/${name}`);
await writeJson(`${name}.cdx.json`, await billOfMaterials());
await writeJson(`${name}.intoto.json`, await statement());
const sums: string[] = [];
for (const file of await filesOf(FOLDER)) sums.push(`${await sha256(`${FOLDER}/${file}`)}  ${file}\n`);
await Deno.writeTextFile(`${FOLDER}/${SUMS}`, sums.join(""));
if (key !== undefined) {
  await Deno.writeTextFile(
    `${FOLDER}/${SUMS}.sig`,
    `${await sign(await Deno.readFile(`${FOLDER}/${SUMS}`), key)}\n`,
  );
}
console.log(sums.join("").trimEnd());
if (key === undefined) console.error("not signed: RELEASE_KEY names no key");

async function billOfMaterials(): Promise<unknown> {
  const files = [...Deno.readDirSync("dist")].filter(({ name }) => name.endsWith(".js"))
    .map(({ name }) => Deno.readTextFileSync(`dist/${name}`));
  const licences = JSON.parse(await Deno.readTextFile("dist/licences.json")) as Record<string, string>;
  const packages = bundledPackages(files.join("\n"), await Deno.readTextFile("deno.lock"))
    .map((each) => ({ ...each, licence: licences[`${each.name}@${each.version}`] }))
    .map(({ licence, ...each }) => licence === undefined ? each : { ...each, licence });
  const charts = await Deno.readTextFile("src/web/pages/dashboard/lightweight-charts/standalone.js");
  return cycloneDx(version, [...otherParts(Deno.version.deno, charts), ...packages]);
}

async function statement(): Promise<unknown> {
  const subjects = await Promise.all((await filesOf(FOLDER)).map(async (file) => ({
    name: file,
    sha256: await sha256(`${FOLDER}/${file}`),
  })));
  return provenance(subjects, {
    version,
    commit: await commit(),
    deno: Deno.version.deno,
    target,
    lock: await sha256("deno.lock"),
  });
}

/** The commit that is checked out; undefined outside of a checkout. */
async function commit(): Promise<string | undefined> {
  try {
    const { stdout, success } = await new Deno.Command("git", { args: ["rev-parse", "HEAD"], stderr: "null" })
      .output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}

async function filesOf(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(`${FOLDER}/${file}`, `${JSON.stringify(value, null, 2)}\n`);
}

async function sha256(file: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(file));
  return new Uint8Array(digest).toHex();
}
