/**
 * release.ts: puts what a release has into the folder release: the executable under its version and target, its bill of
 * materials, and checksums. The same sources make the same bytes.
 */
import config from "../deno.json" with { type: "json" };
import { bundledPackages, cycloneDx, otherParts } from "./sbom.ts";

const FOLDER = "release";
const { version } = config;
const name = `finnhub-pipe-${version}`;

await Deno.remove(FOLDER, { recursive: true }).catch(() => {});
await Deno.mkdir(FOLDER);
await Deno.copyFile("finnhub-pipe", `${FOLDER}/${name}-${Deno.build.target}`);
await Deno.writeTextFile(`${FOLDER}/${name}-${Deno.build.target}.cdx.json`, await sbom());
const sums: string[] = [];
for (const { name: file } of [...Deno.readDirSync(FOLDER)].toSorted((a, b) => a.name < b.name ? -1 : 1)) {
  sums.push(`${await sha256(`${FOLDER}/${file}`)}  ${file}\n`);
}
await Deno.writeTextFile(`${FOLDER}/SHA256SUMS-${Deno.build.target}`, sums.join(""));
console.log(sums.join("").trimEnd());

async function sbom(): Promise<string> {
  const files = [...Deno.readDirSync("dist")].map(({ name }) => Deno.readTextFileSync(`dist/${name}`));
  const packages = bundledPackages(files.join("\n"), await Deno.readTextFile("deno.lock"));
  const charts = await Deno.readTextFile("src/web/pages/dashboard/lightweight-charts/standalone.js");
  return `${
    JSON.stringify(cycloneDx(version, [...otherParts(Deno.version.deno, charts), ...packages]), null, 2)
  }\n`;
}

async function sha256(file: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(file));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
