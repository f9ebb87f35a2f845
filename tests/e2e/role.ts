import { until } from "../services/mod.ts";

/** The executable under test. `make test` builds it; a test module that runs alone uses the one in the checkout. */
export const binary = (): string =>
  Deno.env.get("FINNHUB_PIPE_BINARY") ?? new URL("../../finnhub-pipe", import.meta.url).pathname;

/** What a role said and how it ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the executable to its end, in a folder that is not the checkout. */
export async function runToEnd(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const { code, stderr, stdout } = await new Deno.Command(binary(), { args, env, cwd: "/", stdin: "null" })
    .output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** A role that runs until it is stopped. */
export class RunningRole implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  stdout = "";
  stderr = "";
  #ended: Deno.CommandStatus | undefined;

  constructor(
    readonly name: string,
    args: string[],
    env: Record<string, string>,
    executable: string = binary(),
  ) {
    this.#child = new Deno.Command(executable, {
      args: [name, ...args],
      env: { HTTP_LISTEN: "127.0.0.1:0", LOG_FORMAT: "json", ...env },
      cwd: "/",
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reading = Promise.all([
      read(this.#child.stdout, (text) => this.stdout += text),
      read(this.#child.stderr, (text) => this.stderr += text),
      this.#child.status.then((status) => this.#ended = status),
    ]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** How it ended; undefined while it runs. */
  get ended(): Deno.CommandStatus | undefined {
    return this.#ended;
  }

  /** Waits until something matches on either output; the match. */
  async says(pattern: RegExp, deadline = 30_000): Promise<RegExpExecArray> {
    let match: RegExpExecArray | null = null;
    await until(`${this.name} to say ${pattern}`, () => {
      match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (!match && this.#ended) {
        throw new Error(`${this.name} ended with ${this.#ended.code}: ${this.stderr.slice(-3000)}`);
      }
      return Promise.resolve(match ? true : `it says ${this.stderr.slice(-300)}`);
    }, { deadline });
    return match!;
  }

  /** Base address of its probes. */
  async http(): Promise<string> {
    return (await this.says(/"http":"([^"]+)"/))[1]!;
  }

  /** The status of /readyz. */
  async readiness(): Promise<{ status: number; text: string }> {
    const response = await fetch(`${await this.http()}/readyz`);
    return { status: response.status, text: await response.text() };
  }

  /** Sum over the series of a metric. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${await this.http()}/metrics`)).text();
    const values = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"))];
    if (values.length === 0) throw new Error(`${this.name} has no metric ${name}`);
    return values.reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /** Time of the processor that it has used, in milliseconds. */
  async cpuMs(): Promise<number> {
    // Deno itself reads of /proc only what it is given all rights for.
    const { stdout } = await new Deno.Command("cat", { args: [`/proc/${this.pid}/stat`] }).output();
    const stat = new TextDecoder().decode(stdout);
    // Behind the name, which may hold anything: utime and stime, in hundredths of a second.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  }

  /** Resident memory now, in MiB. */
  async residentMiB(): Promise<number> {
    const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", String(this.pid)] })
      .output();
    return Number(new TextDecoder().decode(stdout)) / 1024;
  }

  kill(signal: Deno.Signal): void {
    if (!this.#ended) this.#child.kill(signal);
  }

  /** Stops it as an orchestrator would; its exit code and the milliseconds that it took. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<{ code: number; ms: number }> {
    const start = performance.now();
    this.kill(signal);
    await this.#reading;
    return { code: this.#ended!.code, ms: performance.now() - start };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }
}

async function read(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (text: string) => void,
): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) take(text);
}
