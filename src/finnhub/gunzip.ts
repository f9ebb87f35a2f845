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
  const unpacked = unpacking[Symbol.asyncIterator]();
  // A write waits until its bytes are read: once nobody does it would wait for ever, and the file stay open.
  const unread = Promise.withResolvers<never>();
  unread.promise.catch(() => {});
  return {
    readable: new ReadableStream({
      pull: async (controller) => {
        const { done, value } = await unpacked.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async (reason) => {
        unread.reject(reason);
        await unpacked.return?.();
      },
    }, { highWaterMark: 0 }),
    writable: new WritableStream({
      write: (chunk) => {
        const written = new Promise<void>((resolve, reject) => {
          unpacking.write(chunk, (error) => error ? reject(error) : resolve());
        });
        return Promise.race([written, unread.promise]);
      },
      close: () => unpacking.end(),
      abort: (reason) => unpacking.destroy(reason instanceof Error ? reason : undefined),
    }),
  };
}
