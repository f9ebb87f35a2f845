import { seededRandom } from "../../src/finnhub/random.ts";
import { Draw, makeInput } from "./mutate.ts";

/** One reader of what comes from outside, and what must hold whatever it is given. */
export interface Fuzzer {
  name: string;
  /** Inputs as they are meant, from which others are made. */
  corpus: readonly Uint8Array[];
  /** Words that mean something to this reader. */
  words?: readonly string[];
  /** Reads one input; throws for a breach of what must hold, and for every error but the documented one. */
  check(input: Uint8Array): unknown;
  /** Milliseconds besides those for the input's bytes, for readers that do more than read. Default 25. */
  slack?: number;
}

export interface FuzzRun {
  /** The first input's; the following ones have the following numbers. */
  seed: number;
  /** Inputs; those that are not tried when `seconds` are over count as tried. */
  cases: number;
  seconds: number;
}

/** An input that breaks what must hold; the message ends with the command that shows it again. */
export class FuzzFailure extends Error {
  override name = "FuzzFailure";
}

/** Milliseconds that an input of 64 KiB may take where {@linkcode calibrated} is 1. */
const MS_PER_64_KIB = 50;
const SLACK_MS = 25;
/** Milliseconds of {@linkcode work} on the machine for which the bounds were measured. */
const WORK_MS = 12;

/** A plain piece of work: what a machine needs for it says how fast it is now. */
function work(): number {
  const started = performance.now();
  const text = JSON.stringify(Array.from({ length: 20_000 }, (_, i) => ({ i, text: `text ${i}` })));
  JSON.parse(text);
  return performance.now() - started;
}

/** How many times slower than the measured one this machine is; never below 1. */
export function calibrated(): number {
  return Math.max(1, Math.min(work(), work(), work()) / WORK_MS);
}

/** Tries one input after another, until they are tried or the time is over; resolves to how many were. */
export async function fuzz(fuzzer: Fuzzer, { cases, seconds, seed }: FuzzRun): Promise<number> {
  const deadline = performance.now() + 1000 * seconds;
  let tried = 0;
  for (; tried < cases && performance.now() < deadline; tried++) {
    const input = inputOf(fuzzer, seed + tried);
    await tryOne(fuzzer, input, seed + tried);
  }
  return tried;
}

/** The input that a seed stands for. */
export const inputOf = ({ corpus, words = [] }: Fuzzer, seed: number): Uint8Array =>
  makeInput(new Draw(seededRandom(Math.imul(seed, 0x9e37_79b1))), corpus, words);

async function tryOne(fuzzer: Fuzzer, input: Uint8Array, seed: number): Promise<void> {
  const fail = (what: string, cause?: unknown): never => {
    const shown = JSON.stringify(new TextDecoder().decode(input.subarray(0, 300)));
    const again = `make fuzz FUZZ=${fuzzer.name} FUZZ_SEED=${seed} FUZZ_CASES=1`;
    throw new FuzzFailure(`${what}, for ${input.length} bytes ${shown}\nto see it again: ${again}`, {
      cause,
    });
  };
  const timed = async () => {
    const started = performance.now();
    try {
      await fuzzer.check(input);
    } catch (error) {
      const text = error instanceof Error ? `${error.name}: ${error.message.slice(0, 1000)}` : String(error);
      fail(text, error);
    }
    return performance.now() - started;
  };
  const allowed = (fuzzer.slack ?? SLACK_MS) + MS_PER_64_KIB * input.length / 65_536;
  if (await timed() <= allowed) return;
  // Others may have had the processor, or memory was tidied up: what is slow is slow each time.
  let best = Infinity;
  for (let round = 0; round < 4; round++) {
    best = Math.min(best, await timed() / calibrated());
    if (best <= allowed) return;
  }
  fail(`it takes ${best.toFixed(1)} ms, and may take ${allowed.toFixed(1)}`);
}

const ENCODER = new TextEncoder();

/** Texts as a corpus. */
export const texts = (...list: string[]): Uint8Array[] => list.map((text) => ENCODER.encode(text));

/** The text of an input. Halves of surrogate pairs come as JSON writes them: UTF-8 has none. */
export const textOf = (input: Uint8Array): string => new TextDecoder().decode(input);

/** A breach of what must hold, unless `holds`. */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`breach: ${what}`);
}

/** What a call gives; undefined when it fails with one of the documented errors. */
export async function orDocumented<T>(
  call: () => T | Promise<T>,
  // deno-lint-ignore no-explicit-any -- constructors take what they take
  ...documented: (abstract new (...args: any[]) => Error)[]
): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    const known = documented.some((each) => error instanceof each);
    if (!known) throw error;
    must((error as Error).message.length <= MAX_MESSAGE, "an error's message is bounded");
    return undefined;
  }
}

/** Characters of an error that somebody is to read. */
const MAX_MESSAGE = 4000;
