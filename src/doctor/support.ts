import type { Finding } from "./finding.ts";
import table from "./support.json" with { type: "json" };

/** A server whose releases have an end. */
export type Supported = keyof typeof table;

/** The day on which a line's support ends; null while none is known. */
type Lines = Readonly<Record<string, string | null>>;

/** How long before its end a line is worth a word, milliseconds. */
const SOON_MS = 90 * 86_400_000;

/** `5.0` of `5.0.9` and of `5.0-rc1`. */
export function lineOf(version: string): string | undefined {
  return /^\d+\.\d+(?![\d])/.exec(version)?.[0];
}

/**
 * What a release means for who runs it.
 *
 * @param subject of the finding
 * @param says the release in words
 * @param line its line; undefined where the server does not tell, of which no end is known
 * @param now milliseconds since the epoch
 */
export function supportFinding(
  { line, now, remedy, says, server, subject }: {
    subject: string;
    says: string;
    server: Supported;
    line: string | undefined;
    remedy: string;
    now: number;
  },
): Finding {
  const { lines, source } = table[server] as { lines: Lines; source: string };
  const end = line === undefined ? undefined : lines[line];
  if (typeof end !== "string" || Date.parse(end) - now > SOON_MS) return { subject, state: "ok", says };
  const tense = Date.parse(end) > now ? "ends" : "ended";
  const of = server === "ZooKeeper mode" ? "the support of ZooKeeper mode" : "its support";
  const [address] = source.split(": ");
  return {
    subject,
    state: "warning",
    says: `${says}; ${of} ${tense} on ${end}`,
    remedy: `${remedy} (${address})`,
  };
}
