// Types of the parts of Deno's standard library that are used here. The npm mirror of @std (see deno.json) is
// plain JavaScript; with `jsr:` specifiers in its place this file can go.

declare module "@std/assert" {
  export class AssertionError extends Error {}
  export function assert(expression: unknown, message?: string): asserts expression;
  export function assertEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
  export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T>;
  export function assertStringIncludes(actual: string, expected: string, message?: string): void;
  export function assertMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertAlmostEquals(
    actual: number,
    expected: number,
    tolerance?: number,
    message?: string,
  ): void;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    // deno-lint-ignore no-explicit-any
    errorClass?: new (...args: any[]) => E,
    messageIncludes?: string,
    message?: string,
  ): E;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    // deno-lint-ignore no-explicit-any
    errorClass?: new (...args: any[]) => E,
    messageIncludes?: string,
    message?: string,
  ): Promise<E>;
}

declare module "@std/cli/parse-args" {
  export interface ParseArgsOptions {
    /** Names whose values stay strings. */
    string?: readonly string[];
    /** Names that take no value. */
    boolean?: readonly string[];
    alias?: Record<string, string>;
    stopEarly?: boolean;
    /** Called for each name that is not declared; returning false leaves it out of the result. */
    unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  }
  export type ParsedArgs = { _: (string | number)[] } & Record<string, unknown>;
  export function parseArgs(args: readonly string[], options?: ParseArgsOptions): ParsedArgs;
}

declare module "@std/text/levenshtein-distance" {
  export function levenshteinDistance(a: string, b: string): number;
}

declare module "@std/yaml" {
  /** @throws {SyntaxError} for text that is no YAML. */
  export function parse(
    content: string,
    /** `failsafe`: every scalar is a text. */
    options?: { schema?: "failsafe" | "json" | "core" | "default" },
  ): unknown;
  /** Parses each document of a stream. */
  export function parseAll(content: string): unknown;
  export function stringify(
    data: unknown,
    options?: { lineWidth?: number; skipInvalid?: boolean; useAnchors?: boolean; compatMode?: boolean },
  ): string;
}

declare module "cli-progress" {
  export interface Options {
    stream: unknown;
    format: string;
    barCompleteChar: string;
    barIncompleteChar: string;
    barsize: number;
    fps: number;
    hideCursor: boolean;
    clearOnComplete: boolean;
    gracefulExit: boolean;
  }
  class SingleBar {
    constructor(options: Partial<Options>);
    start(total: number, value: number, payload: Record<string, string>): void;
    update(value: number, payload: Record<string, string>): void;
    stop(): void;
  }
  const progress: { SingleBar: typeof SingleBar };
  export default progress;
}
