/** What a check found. */
export interface Finding {
  /** What was looked at, in a word or two. */
  subject: string;
  state: "ok" | "warning" | "failed" | "skipped";
  /** What is so. */
  says: string;
  /** What to do about it; the settings it names are environment variables or flags. */
  remedy?: string;
}

/** Looks at one part of the pipeline; what it throws is a failure with the error's text. */
export interface Check {
  /** Name by which it is chosen. */
  name: string;
  /** What a failure that nothing else explains is answered with. */
  remedy: string;
  /** Which setting is wrong, with its remedy, where an error tells. */
  explain?(error: unknown): Promise<string | undefined>;
  run(signal: AbortSignal): Promise<Finding[]>;
}

/** How far clocks may be apart before it is worth a word, milliseconds. */
const SKEW_MS = 2000;

/**
 * What a difference between our clock and another means.
 *
 * @param skew ours minus the other, milliseconds
 * @param whose the other clock's owner
 */
export function clockFinding(skew: number, whose: string): Finding {
  const seconds = (Math.abs(skew) / 1000).toFixed(1);
  const subject = `clock, ${whose}`;
  if (Math.abs(skew) < SKEW_MS) return { subject, state: "ok", says: `within ${SKEW_MS / 1000} s of ours` };
  return {
    subject,
    state: "warning",
    says: `our clock is ${seconds} s ${skew > 0 ? "ahead of" : "behind"} it`,
    remedy: "set the clocks by NTP: latencies are measured with them, and trades a day ahead are refused",
  };
}
