import type { FrameTrade, MarketSource, TimedFrame } from "./market_source.ts";

export interface ReplayOptions {
  /** Path of the file; its name ends in `.gz` when it is compressed. */
  file: string;
  /** 1: as recorded; N: N times as fast; Infinity: as fast as the clients take it. */
  speed: number;
  /** Starts again at the end, times moved on so that they go on growing. */
  loop: boolean;
  /** Moves times so that the first trade happens at the replay's start. */
  now: boolean;
  /** The file's bytes, from the beginning. */
  open(file: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
}

/** A replay file that cannot be used; the message names file and line. */
export class ReplayError extends Error {
  override name = "ReplayError";
}

/** Time between the last trade of one round and the first of the next, milliseconds. */
const LOOP_PAUSE_MS = 1000;
const MAX_LINE = 4_194_304;

/**
 * Opens a file of frames, one JSON frame a line, and checks every line.
 *
 * @throws {ReplayError} for a file that cannot be read and for a line that is no frame of trades.
 */
export async function openReplay(options: ReplayOptions): Promise<MarketSource> {
  const symbols = new Set<string>();
  let first = Infinity;
  let last = -Infinity;
  for await (const trades of readFrames(options)) {
    for (const { s, t } of trades) {
      symbols.add(s);
      first = Math.min(first, t);
      last = Math.max(last, t);
    }
  }
  if (symbols.size === 0) throw new ReplayError(`${options.file} holds no trades`);
  return {
    symbols: [...symbols],
    waitsForClient: options.speed === Infinity,
    frames: (startMs, signal) => replay(options, last - first, startMs, signal),
  };
}

async function* replay(
  options: ReplayOptions,
  span: number,
  startMs: number,
  signal: AbortSignal,
): AsyncGenerator<TimedFrame> {
  const { loop, now, speed } = options;
  for (let round = 0; round === 0 || loop; round++) {
    let origin: number | undefined;
    for await (const trades of readFrames(options)) {
      if (signal.aborted) return;
      origin ??= trades[0]!.t;
      const elapsed = round * (span + LOOP_PAUSE_MS) + trades[0]!.t - origin;
      const move = mover({ now, speed, origin, startMs, moved: round * (span + LOOP_PAUSE_MS) });
      yield {
        due: Math.max(0, elapsed / speed),
        trades: trades.map((trade) => ({ ...trade, t: move(trade.t) })),
      };
    }
  }
}

/** How a recorded time becomes a replayed one. */
export function mover(
  { moved, now, origin, speed, startMs }: {
    now: boolean;
    speed: number;
    /** Time of the file's first trade. */
    origin: number;
    startMs: number;
    /** Time that earlier rounds took, as recorded. */
    moved: number;
  },
): (time: number) => number {
  if (!now) return (time) => time + moved;
  // As fast as possible keeps the recorded distances: all at once would be one instant.
  const pace = speed === Infinity ? 1 : speed;
  return (time) => Math.round(startMs + (time - origin + moved) / pace);
}

async function* readFrames({ file, open }: ReplayOptions): AsyncGenerator<FrameTrade[]> {
  let number = 0;
  try {
    const bytes = await open(file);
    const plain = file.endsWith(".gz") ? bytes.pipeThrough(new DecompressionStream("gzip")) : bytes;
    for await (const line of lines(plain.pipeThrough(new TextDecoderStream()))) {
      number++;
      if (line.trim() === "") continue;
      const trades = readLine(line);
      if (trades === "ping") continue;
      if (!trades) throw new ReplayError(`${file}, line ${number}: not a frame of trades`);
      if (trades.length > 0) yield trades;
    }
  } catch (cause) {
    if (cause instanceof ReplayError) throw cause;
    const where = number === 0 ? "" : ` after line ${number}`;
    throw new ReplayError(`${file} cannot be read${where}`, { cause });
  }
}

/** The trades of a line; a recording of the real feed has its pings too. */
function readLine(line: string): FrameTrade[] | "ping" | undefined {
  let frame: { type?: unknown; data?: unknown } | null;
  try {
    frame = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (frame?.type === "ping") return "ping";
  const data = frame?.data;
  const valid = Array.isArray(data) &&
    data.every((trade) =>
      typeof trade?.s === "string" && typeof trade.p === "number" && typeof trade.v === "number" &&
      Number.isSafeInteger(trade.t)
    );
  return valid ? data as FrameTrade[] : undefined;
}

async function* lines(text: ReadableStream<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of text) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    if (rest.length > MAX_LINE) throw new RangeError(`a line of more than ${MAX_LINE} characters`);
    yield* parts;
  }
  if (rest !== "") yield rest;
}
