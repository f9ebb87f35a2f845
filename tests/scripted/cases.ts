/** Each fault of each request, one after the other. */
import { assertEquals } from "@std/assert";
import { errorText } from "../../src/telemetry/log.ts";
import { type Fault, type Script, WIRE_FAULTS } from "./misbehaving.ts";

/** Longest time that anything may take, milliseconds. */
export const BOUND_MS = 20_000;
/** Servers at once. */
const LANES = 64;
/** How often a fault comes before the server behaves: more often than the libraries repeat by themselves. */
const TIMES = 4;

export interface Case {
  name: string;
  api: string;
  fault: Fault;
  /** How often it comes, if not as often as others. */
  times?: number;
}

/** Every fault of the wire, for each request. */
export const wireCases = (...apis: string[]): Case[] =>
  apis.flatMap((api) => WIRE_FAULTS.map((fault) => ({ name: `${api}: ${fault}`, api, fault })));

export const codeOf = ({ fault }: Case) => typeof fault === "object" ? fault.code : undefined;
export const scriptOf = ({ api, fault, times = TIMES }: Case): Script => (asked, before) =>
  asked === api && before < times ? fault : undefined;

/** Runs all cases, some at once, and names those that fail. */
export async function all(cases: readonly Case[], run: (each: Case) => Promise<void>): Promise<void> {
  const waiting = [...cases];
  const failures: string[] = [];
  const lane = async () => {
    for (let each = waiting.shift(); each; each = waiting.shift()) {
      try {
        await run(each);
      } catch (error) {
        failures.push(`${each.name}: ${errorText(error).slice(0, 400)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  assertEquals(failures, []);
}

/** What work resolves to; rejects with what it waits for when it takes too long. */
export async function inTime<T>(work: Promise<T>, what: () => string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`hangs: ${what()}`)), BOUND_MS);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
