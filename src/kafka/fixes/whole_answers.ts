import { Buffer } from "node:buffer";
import type { Socket } from "node:net";

const LENGTH_BYTES = 4;
/**
 * Longest answer that is taken, bytes. Brokers cut by what a fetch allows: 2 MiB by default, and at most 16 times 8 MiB; a single
 * batch may be larger than what is asked for, as far as a topic lets it.
 */
const MAX_ANSWER = 268_435_456;

/**
 * Makes a socket give its listener answers as a whole, and closes it for one that cannot be.
 *
 * kafkajs 2.2.4 keeps the beginning of an answer that was cut, and takes the first of the next connection for the rest of it: nothing
 * is understood any more, until the process ends. It waits without a bound for what an absurd length promises, and an
 * answer without an id ends the process (src/network/connection.js, `processData`).
 */
export function inWholeAnswers(socket: Socket): Socket {
  const on = socket.on.bind(socket) as (event: string, listener: (chunk: Buffer) => void) => Socket;
  const patched = (event: string, listener: (chunk: Buffer) => void) =>
    on(event, event === "data" ? wholeAnswers(listener, (error) => socket.destroy(error)) : listener);
  return Object.assign(socket, { on: patched });
}

/** Hands on each answer, its length before it, when all of it is there. */
export function wholeAnswers(
  handOn: (answer: Buffer) => void,
  fail: (error: Error) => void,
): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let held = 0;
  let needed = LENGTH_BYTES;
  let failed = false;
  const giveUp = (error: Error) => {
    failed = true;
    chunks = [];
    fail(error);
  };
  return (chunk) => {
    if (failed) return;
    chunks.push(chunk);
    held += chunk.length;
    while (held >= needed) {
      const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      const length = bytes.readInt32BE(0);
      if (length < 0 || length > MAX_ANSWER) {
        return giveUp(new RangeError(`the broker's answer cannot have ${length} bytes`));
      }
      chunks = [bytes];
      needed = LENGTH_BYTES + length;
      if (held < needed) return;
      try {
        handOn(bytes.subarray(0, needed));
      } catch (cause) {
        return giveUp(new Error("the broker's answer is none", { cause }));
      }
      held -= needed;
      chunks = held > 0 ? [bytes.subarray(needed)] : [];
      needed = LENGTH_BYTES;
    }
  };
}
