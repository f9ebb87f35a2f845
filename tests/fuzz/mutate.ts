import { joined } from "../scripted/bytes.ts";
/** Makes inputs that nobody would write out of those that somebody did. */

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Numbers at which something changes, as JSON, CSV and settings write them. */
const NUMBERS = [
  "0",
  "-0",
  "-1",
  "1e308",
  "1e309",
  "-1e309",
  "5e-324",
  "1e-400",
  "9007199254740991",
  "9007199254740993",
  "-9223372036854775808",
  "18446744073709551616",
  "2147483648",
  "65536",
  "253402300799999",
  "253402300800000",
  "946684799999",
  "0x10",
  "1_000",
  "NaN",
  "Infinity",
  "+1",
  "1.",
  ".5",
  "00",
  "٣",
];

/** Texts that mean something to some reader, or look like others. */
const TEXTS = [
  "\u0000",
  "\u202e",
  "\u200b",
  "\ufeff",
  "\u2028",
  "\ud800",
  "\\ud800",
  "\udc00",
  "\u009b2J",
  "\u001b[2J",
  "é",
  "e\u0301",
  "İ",
  "ﬀ",
  "😀",
  "\r\n",
  "\n",
  "\r",
  "\t",
  " ",
  '"',
  '""',
  "'",
  ",",
  "|",
  "=",
  "%",
  "%00",
  "%ff",
  "%E2%80%AE",
  "\\",
  "null",
  "true",
  "[]",
  "{}",
  "__proto__",
  "constructor",
  "toString",
  "=HYPERLINK(1)",
  "-",
  "--",
  "../../etc/passwd",
  "1970-01-01T00:00:00Z",
  "2026-04-31T10:00:00Z",
  "2024-02-29",
];

/** What opens and closes: nested as deep as there is room. */
const NESTS = [["[", "]"], ["{", "}"], ['{"a":', "}"], ["(", ")"], ['"', '"'], ["<", ">"], ["- ", ""], [
  "&a [*a,",
  "]",
]];

/** Largest input that is made, bytes. */
export const MAX_INPUT = 65_536;

/** Draws from a seeded source of numbers in [0, 1). */
export class Draw {
  constructor(readonly random: () => number) {}

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** Mostly short, now and then as long as may be. */
  length(max: number): number {
    return Math.floor(max * this.random() ** 4);
  }
}

/** One input: some of the corpus, changed a few times; now and then as it is, or bytes without any sense. */
export function makeInput(draw: Draw, corpus: readonly Uint8Array[], words: readonly string[]): Uint8Array {
  if (draw.chance(0.02)) return draw.of(corpus);
  let bytes = draw.chance(0.02) ? noise(draw, draw.length(4096)) : draw.of(corpus);
  for (let left = 1 + draw.length(8); left > 0; left--) {
    bytes = draw.of(MUTATIONS)(bytes, draw, corpus, words);
    if (bytes.length > MAX_INPUT) bytes = bytes.slice(0, MAX_INPUT);
  }
  return bytes;
}

type Mutation = (
  bytes: Uint8Array,
  draw: Draw,
  corpus: readonly Uint8Array[],
  words: readonly string[],
) => Uint8Array;

const noise = (draw: Draw, length: number) => Uint8Array.from({ length }, () => draw.below(256));

/** Replaces up to `most` bytes at a place by others; inserts for 0. */
function spliced(bytes: Uint8Array, draw: Draw, into: Uint8Array, most: number): Uint8Array {
  const at = draw.below(bytes.length + 1);
  return joined([
    bytes.subarray(0, at),
    into,
    bytes.subarray(Math.min(bytes.length, at + draw.below(most + 1))),
  ]);
}

/** A place where a number or a word in quotes stands gets another one. */
function replaced(bytes: Uint8Array, draw: Draw, pattern: RegExp, by: string): Uint8Array {
  const text = DECODER.decode(bytes);
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return bytes;
  const match = draw.of(found);
  const value = text.slice(0, match.index) + by + text.slice(match.index + match[0].length);
  return ENCODER.encode(value);
}

const MUTATIONS: readonly Mutation[] = [
  (bytes, draw) => {
    const copy = bytes.slice();
    if (copy.length > 0) copy[draw.below(copy.length)]! ^= 1 << draw.below(8);
    return copy;
  },
  (bytes, draw) => {
    const copy = bytes.slice();
    for (let n = draw.length(8); n >= 0 && copy.length > 0; n--) {
      copy[draw.below(copy.length)] = draw.of([0, 1, 0x7f, 0x80, 0xff, draw.below(256)]);
    }
    return copy;
  },
  (bytes, draw) => bytes.slice(0, draw.below(bytes.length + 1)),
  (bytes, draw) => spliced(bytes, draw, new Uint8Array(0), draw.length(64) + 1),
  (bytes, draw) => spliced(bytes, draw, noise(draw, 1 + draw.length(16)), 4),
  (bytes, draw, corpus) => {
    const other = draw.of(corpus);
    const from = draw.below(other.length + 1);
    return spliced(bytes, draw, other.subarray(from, from + draw.length(other.length + 1)), 64);
  },
  (bytes, draw) => {
    const from = draw.below(bytes.length + 1);
    const piece = bytes.subarray(from, from + 1 + draw.length(64));
    return spliced(bytes, draw, joined(Array.from({ length: 1 + draw.length(500) }, () => piece)), 0);
  },
  // Numbers of 16, 32 and 64 bits, where a length or a count may stand.
  (bytes, draw) => {
    const copy = bytes.slice();
    const size = draw.of([2, 4, 8]);
    if (copy.length < size) return copy;
    const view = new DataView(copy.buffer, copy.byteOffset + draw.below(copy.length - size + 1), size);
    const value = draw.of([
      0n,
      1n,
      -1n,
      0x7fffn,
      0x7fff_ffffn,
      0x8000_0000n,
      1n << 62n,
      BigInt(bytes.length),
    ]);
    if (size === 2) view.setInt16(0, Number(BigInt.asIntN(16, value)), draw.chance(0.5));
    else if (size === 4) view.setInt32(0, Number(BigInt.asIntN(32, value)), draw.chance(0.5));
    else view.setBigInt64(0, value, draw.chance(0.5));
    return copy;
  },
  (bytes, draw) => replaced(bytes, draw, /-?\d+(?:\.\d+)?/g, draw.of(NUMBERS)),
  (bytes, draw) => replaced(bytes, draw, /[A-Za-z_]+/g, draw.of(TEXTS)),
  (bytes, draw, _, words) => words.length === 0 ? bytes : replaced(bytes, draw, /[\w.:-]+/g, draw.of(words)),
  (bytes, draw) => spliced(bytes, draw, ENCODER.encode(draw.of(TEXTS)), 2),
  (bytes, draw, _, words) =>
    words.length === 0 ? bytes : spliced(bytes, draw, ENCODER.encode(draw.of(words)), 8),
  // A long run of one thing.
  (bytes, draw) => {
    const what = draw.of([...TEXTS, ...NUMBERS, "a", "0", " ", "A,", "\\u0000"]);
    return spliced(bytes, draw, ENCODER.encode(what.repeat(1 + draw.length(MAX_INPUT / what.length))), 2);
  },
  (bytes, draw) => {
    const [open, close] = draw.of(NESTS) as [string, string];
    const depth = 1 + draw.length(20_000);
    return spliced(
      bytes,
      draw,
      ENCODER.encode(open.repeat(depth) + (draw.chance(0.5) ? close.repeat(depth) : "")),
      2,
    );
  },
];
