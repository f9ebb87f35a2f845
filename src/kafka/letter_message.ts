import type { DeadLetter } from "../processing/ports.ts";

/** A dead letter as it goes into its topic. */
export interface LetterMessage {
  /** Names where it comes from: a topic that is compacted keeps each letter once, and takes none without a key. */
  key: string;
  value: Uint8Array | null;
  headers: Record<string, string>;
}

/** Characters of a header: the reason, or the list of bad trades, of which a message may have 65,536. */
const MAX_HEADER = 1000;
/** What a record takes beside its key, value and headers, and a header beside its name and value; rather more than less. */
const OVERHEAD = 64;
const HEADER_OVERHEAD = 6;

/** A letter with its story. Its value is a copy: the original holds on to the whole answer that it came with. */
export function letterMessage(
  { badTrades, error, message, partition }: DeadLetter,
  topic: string,
  nowMs: number,
): LetterMessage {
  return {
    key: `${topic}/${partition}/${message.offset}`,
    value: message.value?.slice() ?? null,
    headers: {
      "source-topic": topic,
      "source-partition": String(partition),
      "source-offset": String(message.offset),
      "error": error.slice(0, MAX_HEADER),
      "time": new Date(nowMs).toISOString(),
      ...(badTrades === undefined
        ? {}
        : { "bad-trades": listOf(badTrades), "bad-trades-count": String(badTrades.length) }),
      ...message.unreadable?.headers,
    },
  };
}

/** As many as fit; three dots stand for the rest. */
function listOf(indexes: readonly number[]): string {
  let text = "";
  for (const index of indexes) {
    if (text.length > MAX_HEADER) return `${text},...`;
    text += text === "" ? index : `,${index}`;
  }
  return text;
}

const utf8 = new TextEncoder();
const bytesOf = (text: string) => utf8.encode(text).length;

/** Bytes that it takes in a request. */
export function sizeOf({ headers, key, value }: LetterMessage): number {
  const rest = Object.entries(headers).reduce(
    (sum, [name, text]) => sum + bytesOf(name) + bytesOf(text) + HEADER_OVERHEAD,
    OVERHEAD + bytesOf(key),
  );
  return rest + (value?.length ?? 0);
}

/**
 * The letter with as much of its value as fits, the whole value's length, and its SHA-256 by which the original can be found.
 *
 * @param hash of bytes, in hexadecimal
 */
export function cut(
  letter: LetterMessage,
  bytes: number,
  hash: (bytes: Uint8Array) => string,
): LetterMessage {
  const { value } = letter;
  if (value === null) return letter;
  const headers = { ...letter.headers, "value-length": String(value.length), "value-sha256": hash(value) };
  const rest = sizeOf({ ...letter, headers, value: null });
  return { ...letter, headers, value: value.subarray(0, Math.max(0, bytes - rest)) };
}
