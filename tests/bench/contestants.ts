import { binary } from "../e2e/role.ts";
import { builtPeers, linesOf } from "./peers.ts";
import type { Progress } from "../services/progress.ts";

/** A program that reads trades from the topic and writes the tables. */
export interface Contestant {
  name: string;
  /** Lines of code that whoever runs it has to keep; unknown for a command of one's own. */
  lines?: number;
  command: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Environment of its first run, which is not measured. */
  warmUp?: Readonly<Record<string, string>>;
}

export const OURS: Contestant = {
  name: "finnhub-pipe",
  lines: 0,
  command: [binary(), "processor"],
  env: { HTTP_LISTEN: "127.0.0.1:0", LOG_LEVEL: "warn" },
};

/** Peers, as their makers run them: the flags of the JVM are the best of six settings for runs of seconds. */
export async function peers(progress: Progress): Promise<Contestant[]> {
  const folder = await builtPeers(progress);
  const jvm = "-Xms1g -Xmx2g -XX:+UseParallelGC -XX:TieredStopAtLevel=1";
  const made = ([name, part]: readonly [string, string]) =>
    linesOf(part).then((lines): Contestant => ({
      name,
      lines,
      command: [`${folder}/${part}/run.sh`],
      // What it loads is kept for its later starts, as one would in production.
      warmUp: { PEER_JAVA_OPTS: `${jvm} -XX:ArchiveClassesAtExit=${folder}/${part}/target/peer.jsa` },
    }));
  return await Promise.all(([["Kafka Streams", "kstreams"], ["Apache Flink", "flink"]] as const).map(made));
}

/** A contestant that works. */
export interface Running {
  readonly pid: number;
  /** Ends it as an orchestrator would. */
  stop(): Promise<void>;
}

export function start(
  { command: [program, ...args], env = {} }: Contestant,
  pipelineEnv: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>> = {},
): Running {
  const child = new Deno.Command(program!, {
    args,
    env: { ...pipelineEnv, ...env, ...more },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    pid: child.pid,
    async stop() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}
