/** Google's Lighthouse on the page of `local`: `make lighthouse`, on a quiet machine, since a busy one is slow for it. */
import { assert } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { RunningRole } from "../e2e/role.ts";
import { cacheFolder, exists, makeFolder, withLock } from "../services/cache.ts";
import { digest } from "../services/install.ts";
import { freePorts } from "../services/ports.ts";
import { runCommand } from "../services/run_command.ts";
import { until } from "../services/until.ts";

const FOLDER = new URL("./", import.meta.url).pathname;
const INSTALL_DEADLINE = 600_000;
const AUDIT_DEADLINE = 300_000;

/** Least points of each category: best practices and accessibility know no excuse. */
const WANTED: Record<string, Record<string, number>> = {
  desktop: { performance: 95, accessibility: 100, "best-practices": 100 },
  mobile: { performance: 90, accessibility: 100, "best-practices": 100 },
};

interface Audit {
  form: string;
  scores: Record<string, number>;
  lost: { id: string; score: number; value: string }[];
}

/** Lighthouse with what it needs, of the versions in package-lock.json, in the cache. */
async function installed(): Promise<string> {
  const parent = `${cacheFolder()}/lighthouse`;
  await Deno.mkdir(parent, { recursive: true });
  const folder = `${parent}/${await digest(await Deno.readTextFile(`${FOLDER}package-lock.json`))}`;
  await withLock(`${parent}/lock`, () => {}, async () => {
    if (await exists(folder)) return;
    await makeFolder(folder, async (temporary) => {
      for (const name of ["package.json", "package-lock.json"]) {
        await Deno.copyFile(FOLDER + name, `${temporary}/${name}`);
      }
      const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund"];
      const { output, success } = await runCommand("npm", args, INSTALL_DEADLINE, { cwd: temporary });
      if (!success) throw new Error(`npm could not install Lighthouse:\n${output.slice(-2000)}`);
    });
  });
  return folder;
}

async function audits(address: string): Promise<Audit[]> {
  const folder = await installed();
  await Deno.copyFile(`${FOLDER}run.mjs`, `${folder}/run.mjs`);
  const profile = await Deno.makeTempDir();
  const [port] = await freePorts(1);
  const chromium = new Deno.Command("chromium", {
    args: [
      "--headless=new",
      "--disable-gpu",
      "--no-first-run",
      ...(Deno.uid() === 0 ? ["--no-sandbox"] : []),
      `--remote-debugging-port=${port}`,
      `--user-data-dir=${profile}`,
      "about:blank",
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await until("Chromium to be debugged", async () => {
      const asked = await fetch(`http://127.0.0.1:${port}/json/version`).catch((error) => `${error}`);
      if (typeof asked === "string") return asked;
      await asked.body?.cancel();
      return true;
    });
    const { output, success } = await runCommand("node", ["run.mjs", address, String(port)], AUDIT_DEADLINE, {
      cwd: folder,
    });
    if (!success) throw new Error(`Lighthouse failed:\n${output.slice(-2000)}`);
    return output.trim().split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  } finally {
    chromium.kill("SIGTERM");
    await chromium.status;
    await Deno.remove(profile, { recursive: true });
  }
}

integrationTest(
  "Lighthouse finds the page fast, accessible and well made, on a desktop and on a phone",
  async () => {
    await using local = new RunningRole("local", ["--listen", "127.0.0.1:0"], {});
    const [, address] = await local.says(/page is at (http:\S+)/);
    const found = await audits(address!);
    assert(found.length === 2, `${found.length} audits`);
    for (const { form, lost, scores } of found) {
      console.log(`${form}: ${JSON.stringify(scores)}`);
      for (const { id, score, value } of lost) console.log(`  ${id}: ${score} ${value}`);
    }
    for (const { form, scores } of found) {
      for (const [category, least] of Object.entries(WANTED[form]!)) {
        assert(scores[category]! >= least, `${form}, ${category}: ${scores[category]}, wanted ${least}`);
      }
    }
  },
);
