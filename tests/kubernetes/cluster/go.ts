import type { Progress } from "../../services/progress.ts";
import { runCommand } from "../../services/run_command.ts";

/** Between two lines on how far a build is. */
const REPORT_INTERVAL = 30_000;

export interface GoModule {
  /** Of the program, for people. */
  name: string;
  /** Folder with go.mod. */
  folder: string;
  /** The program's package; that in the folder when absent. */
  program?: string;
  /** Where modules and compiled packages are kept between builds. */
  cache: string;
}

/**
 * What `go version` says in the module: the compiler is part of what a binary is made from.
 *
 * @throws when there is no Go, or none that may compile the module
 */
export async function goVersion({ cache, folder, name }: GoModule): Promise<string> {
  const { success, output } = await runCommand("go", ["version"], 300_000, {
    cwd: folder,
    env: environment(cache),
  });
  if (success) return output.trim();
  const text = await Deno.readTextFile(`${folder}/go.mod`);
  const [, needed] = /^go ([\d.]+)$/m.exec(text) ?? [];
  throw new Error(`${name} is built with Go ${needed} or newer: ${output.trim()}`);
}

/** Compiles the module's program into the file `target`, and says how far it is. */
export async function goBuild(
  { cache, folder, name, program = "." }: GoModule,
  target: string,
  linkerFlags: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  const options = {
    cwd: folder,
    env: environment(cache),
    stdin: "null" as const,
    ...(signal && { signal }),
  };
  progress("fetching Go modules");
  const listed = await new Deno.Command("go", { args: ["list", "-deps", program], ...options }).output();
  signal?.throwIfAborted();
  if (!listed.success) throw failure(name, new TextDecoder().decode(listed.stderr));
  const packages = new TextDecoder().decode(listed.stdout).trimEnd().split("\n").length;

  // -v names each package that is compiled; those in the cache are not.
  const args = ["build", "-v", "-trimpath", "-ldflags", linkerFlags, "-o", target, program];
  const child = new Deno.Command("go", { args, ...options, stdout: "null", stderr: "piped" }).spawn();
  let output = "";
  const timer = setInterval(() => {
    const compiled = output.split("\n").length - 1;
    progress(compiled === 0 ? "linking" : `compiled ${compiled} packages of ${packages} or fewer`);
  }, REPORT_INTERVAL);
  try {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) output += text;
    const { success } = await child.status;
    signal?.throwIfAborted();
    if (!success) throw failure(name, output);
  } finally {
    clearInterval(timer);
  }
}

function failure(name: string, output: string): Error {
  return new Error(`Go could not build ${name}:\n${output.slice(-3000)}`);
}

function environment(cache: string): Record<string, string> {
  return {
    GOMODCACHE: `${cache}/gomod`,
    GOCACHE: `${cache}/gocache`,
    GOFLAGS: "-mod=readonly -buildvcs=false",
    // One binary for every libc.
    CGO_ENABLED: "0",
  };
}
