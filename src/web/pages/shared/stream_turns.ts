/**
 * Streams that the pages of one browser hold at the same time. Over HTTP/1.1 a browser opens six connections to a host, for all of
 * its tabs together: each stream has one for good, and pages, scripts and answers need some, too.
 */
const STREAMS = 4;

/** Whether this page may hold a stream for as long as it is open: the first few of a browser do, the others take turns. */
export async function mayHoldStream(): Promise<boolean> {
  // Where the page is no secure context, pages cannot know of each other.
  if (!("locks" in navigator)) return true;
  for (let slot = 0; slot < STREAMS; slot++) {
    if (await taken(`finnhub-pipe.stream.${slot}`)) return true;
  }
  return false;
}

/** Takes a lock that nobody has, until the page is closed. */
function taken(name: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  navigator.locks.request(name, { ifAvailable: true }, (lock) => {
    resolve(lock !== null);
    return lock && new Promise(() => {});
  }).catch(() => resolve(false));
  return promise;
}
