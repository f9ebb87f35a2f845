import { ClusterError, type KubernetesObject, type WatchEvent } from "./cluster.ts";
import { refusal } from "./failure.ts";

/** Longest event in bytes: etcd refuses objects above 1.5 MiB. */
const MAX_EVENT = 8 * 1024 * 1024;

const TYPES: readonly string[] = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"] satisfies WatchEvent["type"][];

/**
 * Reads a watch: one JSON object a line.
 *
 * @throws {ClusterError} that the server sent as an event (410 when changes are gone), or for a broken event.
 */
export async function* readEvents(
  bytes: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<WatchEvent> {
  for await (const line of lines(bytes, what)) {
    const { object, type } = parse(line, what);
    if (type === "ERROR") throw refusal(what, 500, object);
    // Types that are not known yet are passed over, as the API's conventions ask for.
    if (TYPES.includes(type)) yield { type: type as WatchEvent["type"], object: object as KubernetesObject };
  }
}

function parse(line: string, what: string): { type: string; object: unknown } {
  try {
    return JSON.parse(line);
  } catch {
    throw new ClusterError(`cannot ${what}: an event is not JSON`, { status: 502, reason: "NotJson" });
  }
}

async function* lines(bytes: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  // Parts of a line that is not complete; joined once, so that a long line costs no more than its length.
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    const [head, ...rest] = decoder.decode(chunk, { stream: true }).split("\n");
    parts.push(head!);
    length += head!.length;
    for (const next of rest) {
      const line = parts.join("");
      parts = [next];
      length = next.length;
      if (line !== "") yield line;
    }
    if (length > MAX_EVENT) {
      const message = `cannot ${what}: an event is larger than ${MAX_EVENT} bytes`;
      throw new ClusterError(message, { status: 502, reason: "EventTooLarge" });
    }
  }
}
