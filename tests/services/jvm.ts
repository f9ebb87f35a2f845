/**
 * How the servers are tuned: `quick` starts soon and stays small, for tests; `server` runs fast, for benchmarks.
 * Cassandra also keeps every acknowledged write when killed with `quick`, and only nearly every one with `server`.
 */
export type JvmProfile = "quick" | "server";

const COLLECTORS: Record<JvmProfile, string[]> = {
  quick: ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"],
  server: ["-XX:+UseG1GC"],
};

export interface JvmOptions {
  profile: JvmProfile;
  /** Largest heap by profile, as in `-Xmx`. */
  heap: Record<JvmProfile, string>;
  /** Class archive to use when there, or to write when the JVM ends. */
  archive: { file: string; train: boolean };
}

/** The flags that do not depend on the server. */
export function jvmFlags({ profile, heap, archive }: JvmOptions): string[] {
  return [`-Xmx${heap[profile]}`, ...COLLECTORS[profile], ...archiveFlags(archive)];
}

/** @param trained where the server's archive is when it is not to be trained into a folder */
export function archiveOf(
  name: string,
  trained: string,
  train: string | undefined,
): JvmOptions["archive"] {
  return train === undefined
    ? { file: trained, train: false }
    : { file: `${train}/${name}.jsa`, train: true };
}

function archiveFlags({ file, train }: JvmOptions["archive"]): string[] {
  if (train) return [`-XX:ArchiveClassesAtExit=${file}`];
  try {
    Deno.statSync(file);
  } catch {
    return [];
  }
  // A stale archive is left aside without a word: it only makes the start slower.
  return [`-XX:SharedArchiveFile=${file}`, "-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"];
}

/** What all the start functions take. */
export interface StartOptions {
  /** Default `quick`. */
  jvm?: JvmProfile | undefined;
  /** Folder in which to write class archives at the end of the JVMs; used by the training only. */
  trainArchives?: string | undefined;
  signal?: AbortSignal | undefined;
}
