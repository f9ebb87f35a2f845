import type { Progress } from "./progress.ts";
import { runCommand } from "./run_command.ts";

const OLDEST_JAVA = 17;

/** First line of `java -version` with a number that is new enough, or undefined. */
async function java(): Promise<string | undefined> {
  const { success, output } = await runCommand("java", ["-version"], 20_000);
  const major = Number(/version "(\d+)/.exec(output)?.[1] ?? 0);
  return success && major >= OLDEST_JAVA ? output.trim() : undefined;
}

/**
 * Makes sure that Java is there, installing Debian's package when we may.
 *
 * @returns what `java -version` says, to tell one runtime's class archives from another's
 */
export async function ensureJava(progress: Progress): Promise<string> {
  const found = await java();
  if (found !== undefined) return found;
  await aptInstall(["openjdk-17-jre-headless"], `Java ${OLDEST_JAVA} or newer`, progress);
  const installed = await java();
  if (installed === undefined) throw new Error(`java on the PATH is still not ${OLDEST_JAVA} or newer`);
  return installed;
}

/** Makes sure that Maven is there, installing Debian's package when we may. */
export async function ensureMaven(progress: Progress): Promise<void> {
  if ((await runCommand("mvn", ["--version"], 60_000)).success) return;
  await aptInstall(["maven"], "Maven (mvn)", progress);
}

/** Makes sure that the tool that makes certificates is there, installing Debian's package when we may. */
export async function ensureOpenssl(progress: Progress): Promise<void> {
  if ((await runCommand("openssl", ["version"], 10_000)).success) return;
  await aptInstall(["openssl"], "openssl", progress);
}

/**
 * Installs Debian packages when we may, which is as root.
 *
 * @param purpose completes "the test servers need …" where we may not
 */
export async function aptInstall(names: string[], purpose: string, progress: Progress): Promise<void> {
  const list = names.join(" ");
  const apt = await runCommand("apt-get", ["--version"], 10_000);
  if (Deno.uid() !== 0 || !apt.success) {
    throw new Error(
      `the test servers need ${purpose}: install it (on Debian: apt-get install ${list}) and try again`,
    );
  }
  progress(`installing ${list} with apt-get`);
  const options = { env: { DEBIAN_FRONTEND: "noninteractive" } };
  await runCommand("apt-get", ["update", "-q"], 300_000, options);
  // Not an upgrade: where the package is installed but not on the PATH, the machine's owner decides on its version.
  const install = ["install", "-q", "-y", "--no-install-recommends", "--no-upgrade", ...names];
  const { success, output } = await runCommand("apt-get", install, 600_000, options);
  if (!success) throw new Error(`apt-get could not install ${list}:\n${output.slice(-2000)}`);
}
