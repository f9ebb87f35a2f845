import { delay } from "../async/wait.ts";
import { cassandraErrorText, type Session } from "./session.ts";

/** How long the nodes may take to learn of a keyspace, milliseconds. */
const KEYSPACE_MS = 30_000;

/**
 * Connects to a keyspace that was just made, by us or by somebody else at the same time: until a node has learnt of it, it says that
 * there is none.
 *
 * @param open makes a session with the keyspace
 */
export async function connectToKeyspace(
  open: () => Session | Promise<Session>,
  signal: AbortSignal,
): Promise<Session> {
  const deadline = performance.now() + KEYSPACE_MS;
  for (;;) {
    const session = await open();
    try {
      await session.connect();
      return session;
    } catch (error) {
      await session.shutdown();
      const text = cassandraErrorText(error);
      const unknown = /keyspace /i.test(text) && /does not exist/i.test(text);
      if (!unknown || performance.now() > deadline) throw error;
      await delay(100, signal);
    }
  }
}
