import { createGunzip } from "node:zlib";

/** What is used of a Node stream. Its own type would bring Node's `fetch` with it. */
interface Unpacking extends AsyncIterable<Uint8Array> {
  write(chunk: Uint8Array, done: (error?: Error | null) => void): void;
  end(): void;
  destroy(error?: Error): void;
}

/**
 * Unpacks gzip, of one member or several after one another: a file may have been appended to (RFC 1952, 2.2).
 * `DecompressionStream` takes one member, and what follows for an error.
 */
export function gunzip(): { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> } {
  const unpacking = createGunzip() as unknown as Unpacking;
  return {
    readable: ReadableStream.from(unpacking),
    writable: new WritableStream({
      write: (chunk) =>
        new Promise((resolve, reject) => {
          unpacking.write(chunk, (error) => error ? reject(error) : resolve());
        }),
      close: () => unpacking.end(),
      abort: (reason) => unpacking.destroy(reason instanceof Error ? reason : undefined),
    }),
  };
}
