import { every, inTime } from "../async/wait.ts";
import type { Check, Finding } from "./finding.ts";

/** How long one check may take, milliseconds. */
const CHECK_MS = 30_000;

/** Time after which somebody who waits is told for what, milliseconds. */
const TELL_MS = 1000;

export interface Audience {
  /** Called as soon as something is known. */
  found(finding: Finding): void;
  /** Called with the name of a check that takes long, once a second. */
  waiting?(check: string): void;
}

/**
 * Runs checks one after the other; a check that fails stops no other.
 *
 * @param text an error's text, without secrets
 */
export async function examine(
  checks: readonly Check[],
  text: (error: unknown) => string,
  { found, waiting }: Audience,
  signal: AbortSignal,
): Promise<Finding[]> {
  const all: Finding[] = [];
  const tell = (finding: Finding) => {
    all.push(finding);
    found(finding);
  };
  for (const { explain, name, remedy, run } of checks) {
    signal.throwIfAborted();
    const stop = every(TELL_MS, () => waiting?.(name));
    try {
      const findings = await inTime(CHECK_MS, signal, (either) => untilAborted(run(either), either));
      findings.forEach(tell);
    } catch (error) {
      if (signal.aborted) throw error;
      tell({ subject: name, state: "failed", says: text(error), remedy: await explain?.(error) ?? remedy });
    } finally {
      stop();
    }
  }
  return all;
}

/** Client libraries cannot all be told to stop: the wait for them can. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {});
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

const SIGNS = { ok: "ok", warning: "warn", failed: "FAIL", skipped: "skip" };

/** Lines of a finding: what is so, and below it what to do. */
export function findingLines({ remedy, says, state, subject }: Finding): string[] {
  // deno-lint-ignore no-control-regex
  const plain = (text: string) => text.replaceAll(/[\x00-\x1f\x7f]+/g, " ");
  return [
    `${SIGNS[state].padEnd(5)}${subject.padEnd(22)} ${plain(says)}`,
    ...(remedy === undefined || state === "ok" ? [] : [`${" ".repeat(28)}${plain(remedy)}`]),
  ];
}
