/** A line of a file; `text` is undefined where it is too long or no UTF-8. */
export interface Line {
  /** From 1. */
  number: number;
  text: string | undefined;
  fault?: string;
}

const LF = 10;

/** Splits bytes into lines; of a line of more than `maxBytes` nothing is kept in memory. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  const finish = (): Line => {
    number++;
    const whole = parts.length === 1 ? parts[0]! : joined(parts, Math.min(length, maxBytes));
    const tooLong = length > maxBytes;
    parts = [];
    length = 0;
    if (tooLong) {
      return { number, text: undefined, fault: `longer than ${maxBytes} bytes; a line ends with LF` };
    }
    try {
      return { number, text: decoder.decode(whole) };
    } catch {
      return { number, text: undefined, fault: "not UTF-8" };
    }
  };
  const take = (part: Uint8Array) => {
    length += part.length;
    if (length > maxBytes) parts = [];
    else parts.push(part);
  };
  for await (const chunk of bytes) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      take(chunk.subarray(from, end));
      yield finish();
      from = end + 1;
    }
    if (from < chunk.length) take(chunk.slice(from));
  }
  if (length > 0) yield finish();
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
