import type { Browser } from "playwright-core";
import { aptInstall } from "../services/tools.ts";
import type { Progress } from "../services/progress.ts";
import { runCommand } from "../services/run_command.ts";

const CHROMIUM = "/usr/bin/chromium";

/** Nothing that a browser does by itself: no updates, no syncing, no first run. */
const QUIET = [
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--no-default-browser-check",
];

/** Starts Debian's Chromium with an empty profile, installing it when it is missing and we may. */
export async function startBrowser(progress: Progress): Promise<Browser> {
  if (!(await runCommand(CHROMIUM, ["--version"], 30_000)).success) {
    await aptInstall(["chromium"], "a browser for the operator's page", progress);
  }
  // Loaded here and not above: it cannot be loaded without permissions, as `deno test` runs without.
  const { chromium } = await import("playwright-core");
  // Its sandbox does not work for root.
  const sandbox = Deno.uid() === 0 ? ["--no-sandbox"] : [];
  return await chromium.launch({ executablePath: CHROMIUM, args: [...QUIET, ...sandbox] });
}
