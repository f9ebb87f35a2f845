import { runCommand } from "./services/run_command.ts";

/** Programs of the machine that tests meet, and how each tells its version. */
const PROGRAMS: Record<string, string[]> = {
  java: ["-version"],
  mvn: ["--version"],
  openssl: ["version"],
  python3: ["--version"],
  go: ["version"],
  chromium: ["--version"],
};

/** Milliseconds that a program may take to tell. */
const DEADLINE = 20_000;

/** A line for each program with what it says of itself, so that a log tells one machine from another. */
export async function foundVersions(): Promise<string[]> {
  const rows = await Promise.all(
    Object.entries(PROGRAMS).map(async ([name, args]) => {
      const { output, success } = await runCommand(name, args, DEADLINE);
      // The second line of `java -version` has the build, by which one patch level differs from the next.
      const lines = output.trim().split("\n").slice(0, name === "java" ? 2 : 1);
      return `${name}: ${success ? lines.join("; ") : "not found"}`;
    }),
  );
  const { build: { arch, os }, version } = Deno;
  return [`deno: ${version.deno}, V8 ${version.v8}, ${os} ${arch}`, ...rows];
}
