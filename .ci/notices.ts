/**
 * notices.ts: writes into dist what the executable says of others' work in it: each package with its licence's text, and for the
 * bill of materials each package's licence by its SPDX name. Runs between bundling and compiling, while the packages are there.
 */
import { bundledPackages } from "./sbom.ts";

const PACKAGES = "node_modules/.deno";
const LICENCE = /^(licen[cs]e|copying|notice)(\.\w+)?$/i;
const RULE = "-".repeat(100);

/** A package as its own description has it. */
interface Description {
  name: string;
  version: string;
  license?: string | { type?: string };
  author?: string | { name?: string };
  repository?: string | { url?: string };
}

const bundle = [...Deno.readDirSync("dist")].filter(({ name }) => name.endsWith(".js"))
  .map(({ name }) => Deno.readTextFileSync(`dist/${name}`)).join("\n");
const packages = bundledPackages(bundle, await Deno.readTextFile("deno.lock"));
const licences: Record<string, string> = {};
const parts: string[] = [
  "finnhub-pipe is under the MIT licence. Its executable holds the works below, each under its own.",
  section(
    "Deno, the runtime",
    "MIT",
    "Copyright the Deno authors. https://github.com/denoland/deno, with the licences of its parts.",
    "",
  ),
  section(
    "lightweight-charts",
    "Apache-2.0",
    "TradingView, Inc. https://www.tradingview.com/",
    await Deno.readTextFile("src/web/pages/dashboard/lightweight-charts/LICENSE"),
  ),
];
for (const { name, version } of packages) {
  const folder = folderOf(name, version);
  const description = JSON.parse(await Deno.readTextFile(`${folder}/package.json`)) as Description;
  const { author, license, repository } = description;
  const spdx = typeof license === "string" ? license : license?.type;
  const texts = [...Deno.readDirSync(folder)].filter(({ isFile, name }) => isFile && LICENCE.test(name))
    .map(({ name }) => Deno.readTextFileSync(`${folder}/${name}`));
  if (spdx === undefined) throw new Error(`${name} ${version} names no licence`);
  licences[`${name}@${version}`] = spdx;
  const by = typeof author === "string" ? author : author?.name;
  const from = typeof repository === "string" ? repository : repository?.url;
  parts.push(section(`${name} ${version}`, spdx, [by, from].filter(Boolean).join(". "), texts.join("\n")));
}
await Deno.writeTextFile("dist/third-party-notices.txt", parts.join("\n"));
await Deno.writeTextFile("dist/licences.json", JSON.stringify(licences, null, 2));

function folderOf(name: string, version: string): string {
  const start = `${name.replace("/", "+")}@${version}`;
  const found = [...Deno.readDirSync(PACKAGES)].find((entry) =>
    entry.name === start || entry.name.startsWith(`${start}_`)
  );
  if (found === undefined) throw new Error(`${start} is not in ${PACKAGES}`);
  return `${PACKAGES}/${found.name}/node_modules/${name}`;
}

function section(title: string, licence: string, from: string, text: string): string {
  return [RULE, `${title} (${licence})`, from, "", text.trim(), ""].join("\n");
}
