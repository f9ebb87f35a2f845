import { firstOf } from "./wait.ts";

/** A part of a role that was to run until the stop and did not. */
export class EndedEarly extends Error {
  override name = "EndedEarly";
}

/** Parts of a role by their names, each of which runs until its signal is aborted. */
export type Loops = Record<string, (signal: AbortSignal) => Promise<unknown>>;

/**
 * Runs loops side by side until the signal is aborted. When one of them ends before, with or without an error, the others are told
 * to stop, so that no role lives on without one of its parts.
 *
 * @throws {EndedEarly} that names the first part that ended, its error as the cause, once all have stopped; what a part throws
 * after the stop, when there was no such end.
 *
 * @example
 * ```ts
 * await supervise({ feed: (stop) => feed.run(stop), sending: (stop) => publisher.run(stop) }, signal);
 * ```
 */
export async function supervise(loops: Loops, signal: AbortSignal): Promise<void> {
  const early = new AbortController();
  using either = firstOf(signal, early.signal);
  let first: EndedEarly | undefined;
  const note = (name: string, cause?: unknown) => {
    if (signal.aborted || first !== undefined) return;
    first = new EndedEarly(`${name} ended unexpectedly`, cause === undefined ? {} : { cause });
    early.abort(first);
  };
  const ends = await Promise.allSettled(
    Object.entries(loops).map(async ([name, run]) => {
      try {
        await run(either.signal);
        note(name);
      } catch (error) {
        note(name, error);
        throw error;
      }
    }),
  );
  if (first !== undefined) throw first;
  const failed = ends.find((end) => end.status === "rejected" && end.reason !== signal.reason);
  if (failed?.status === "rejected") throw failed.reason;
}
