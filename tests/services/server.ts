import { runCommand } from "./run_command.ts";
import { until } from "./until.ts";

/** One running server process that a test may hurt. */
export interface Server {
  /** For people: `kafka-2`. */
  readonly name: string;
  /** Of the server itself; another one after a restart. */
  readonly pid: number;
  /** Path of the file that has its output; gone after stop. */
  readonly log: string;
  readonly alive: boolean;
  /**
   * Sends a signal, SIGKILL by default. Resolves when the process has ended; for SIGSTOP when all its threads have
   * stopped, for SIGCONT at once.
   */
  kill(signal?: Deno.Signal): Promise<void>;
  /** Ends the process with SIGKILL if it runs, starts it on the same port and data, and waits until it is ready. */
  restart(signal?: AbortSignal): Promise<void>;
}

export interface ServerSpec {
  name: string;
  /** Has all that the server writes. Removed with the server, or when this process dies. */
  folder: string;
  /** Program and arguments. */
  command: string[];
  /**
   * In its own log once it serves. An answer on the port alone could come from another process.
   */
  servesLine: RegExp;
  /** Asks the server itself: true, or why it is not ready. */
  probe(): Promise<true | string>;
  /** Waited for between the end of a process and the start of the next. */
  beforeRestart?(signal?: AbortSignal): Promise<void>;
  /** Waited for when a restarted process is ready. */
  afterRestart?(signal?: AbortSignal): Promise<void>;
}

const READY_DEADLINE = 120_000;
const END_DEADLINE = 60_000;
const guard = new URL("guard.sh", import.meta.url).pathname;

/** A process that dies with this one: see guard.sh. */
export class ServerProcess implements Server {
  readonly name: string;
  readonly log: string;
  #spec: ServerSpec;
  #child: Deno.ChildProcess;
  #guard: WritableStreamDefaultWriter<Uint8Array>;
  #ended: Deno.CommandStatus | undefined;
  /** Bytes of the log that earlier processes of this server wrote. */
  #logStart = 0;

  constructor(spec: ServerSpec) {
    this.name = spec.name;
    this.log = `${spec.folder}/server.log`;
    this.#spec = spec;
    [this.#child, this.#guard] = this.#spawn();
  }

  get pid(): number {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  #spawn(): [Deno.ChildProcess, WritableStreamDefaultWriter<Uint8Array>] {
    const child = new Deno.Command("bash", {
      args: [guard, this.log, this.#spec.folder, ...this.#spec.command],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#ended = undefined;
    child.status.then((status) => {
      if (this.#child === child) this.#ended = status;
    });
    return [child, child.stdin.getWriter()];
  }

  /** Waits until the server says that it is ready. Its end or the deadline is an error with the log's last lines. */
  async ready(signal?: AbortSignal): Promise<void> {
    try {
      await until(`${this.name} to be ready`, async () => {
        if (this.#ended) throw new Error(`${this.name} ended with ${this.#ended.signal ?? this.#ended.code}`);
        if (!this.#spec.servesLine.test(await this.currentLog())) return "it has not logged that it serves";
        return await this.#spec.probe();
      }, { deadline: READY_DEADLINE, signal });
    } catch (error) {
      if (signal?.aborted) throw error;
      const lines = (await this.currentLog()).trimEnd().split("\n").slice(-25).join("\n");
      throw new Error(`${error instanceof Error ? error.message : error}\nend of its log:\n${lines}`);
    }
  }

  /** What the current process has logged. */
  async currentLog(): Promise<string> {
    try {
      const bytes = await Deno.readFile(this.log);
      return new TextDecoder().decode(bytes.subarray(this.#logStart));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    }
  }

  async kill(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    if (this.#ended) return;
    this.#child.kill(signal);
    if (signal === "SIGCONT") return;
    if (signal === "SIGSTOP") {
      const { name, pid } = this;
      return await until(`${name} (pid ${pid}) to stop`, () => isStopped(pid), {
        deadline: END_DEADLINE,
        interval: 10,
      });
    }
    await until(`${this.name} (pid ${this.pid}) to end after ${signal}`, () => {
      return Promise.resolve(this.alive ? "it still runs" : true);
    }, { deadline: END_DEADLINE, interval: 10 });
  }

  async restart(signal?: AbortSignal): Promise<void> {
    await this.kill();
    await this.#dismissGuard();
    await this.#spec.beforeRestart?.(signal);
    this.#logStart = (await Deno.stat(this.log)).size;
    [this.#child, this.#guard] = this.#spawn();
    await this.ready(signal);
    await this.#spec.afterRestart?.(signal);
  }

  /** Ends the process at once and removes its folder: nobody reads its data again. */
  async stop(): Promise<void> {
    await this.kill();
    await this.#dismissGuard();
    await Deno.remove(this.#spec.folder, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  async #dismissGuard(): Promise<void> {
    try {
      await this.#guard.write(new TextEncoder().encode("\n"));
      await this.#guard.close();
    } catch {
      // The guard is gone already, or was dismissed by an earlier stop.
    }
  }
}

/**
 * Threads stop one by one after the signal was sent, and one that still runs may answer a request. By grep, because Deno
 * keeps /proc from programs without all permissions.
 */
async function isStopped(pid: number): Promise<true | string> {
  const script = 'grep -LsE "^State:[[:space:]]+[Tt]" /proc/"$1"/task/*/status | wc -l';
  const { success, output } = await runCommand("bash", ["-c", script, "", String(pid)], END_DEADLINE);
  return success && Number(output) === 0 || `threads that run: ${output.trim()}`;
}

/** A set of servers that live and end together. */
export interface ServerGroup extends AsyncDisposable {
  readonly servers: readonly Server[];
  /** Kills the servers and removes their data. */
  stop(): Promise<void>;
}

/**
 * Starts the servers of a group, and leaves nothing behind if that fails.
 *
 * @param start makes a folder for each server with `newFolder`, spawns it with `add`, and waits until it is ready
 */
export async function startGroup(
  name: string,
  start: (
    newFolder: (name: string) => Promise<string>,
    add: (spec: ServerSpec) => ServerProcess,
  ) => Promise<void>,
): Promise<ServerGroup> {
  const folder = await Deno.makeTempDir({ prefix: `finnhub-pipe-${name}-` });
  const servers: ServerProcess[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await Deno.remove(folder, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  };
  try {
    await start(async (name) => {
      await Deno.mkdir(`${folder}/${name}`);
      return `${folder}/${name}`;
    }, (spec) => {
      const server = new ServerProcess(spec);
      servers.push(server);
      return server;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { servers, stop, [Symbol.asyncDispose]: stop };
}
