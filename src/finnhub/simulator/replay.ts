import { parseFrame } from "../../market/frame.ts";
import { gunzip } from "../gunzip.ts";
import type { Logger } from "../../telemetry/log.ts";
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
  /** Called once for each line that is no frame, or has what is no trade in it; it is passed over. */
  onBadLine?(line: number, fault: string): void;
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
 * Opens a file of frames, one JSON frame a line, and looks at every line.
 *
 * @throws {ReplayError} for a file that cannot be read, or that holds no trades.
 */
export async function openReplay(options: ReplayOptions): Promise<MarketSource> {
  const symbols = new Set<string>();
  let first = Infinity;
  let last = -Infinity;
  for await (const trades of readFrames(options, options.onBadLine)) {
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

/** Most bad lines of a file that are told one by one. */
const MOST_TOLD = 20;

/** Tells of the bad lines of a file, the first of them one by one. */
export function badLines(file: string, log: Logger): (line: number, fault: string) => void {
  let count = 0;
  return (line, fault) => {
    count++;
    if (count <= MOST_TOLD) log.warn("a line of the replay was passed over", { file, line, fault });
    else if (count === MOST_TOLD + 1) log.warn("more lines are passed over and no longer told", { file });
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

async function* readFrames(
  { file, open }: ReplayOptions,
  onBad?: (line: number, fault: string) => void,
): AsyncGenerator<FrameTrade[]> {
  let number = 0;
  try {
    const bytes = await open(file);
    const plain = file.endsWith(".gz") ? bytes.pipeThrough(gunzip()) : bytes;
    for await (const line of lines(plain.pipeThrough(new TextDecoderStream()))) {
      number++;
      if (line.trim() === "") continue;
      const { fault, trades } = readLine(line);
      if (fault !== undefined) onBad?.(number, fault);
      if (trades.length > 0) yield trades;
    }
  } catch (cause) {
    if (cause instanceof ReplayError) throw cause;
    const where = number === 0 ? "" : ` after line ${number}`;
    throw new ReplayError(`${file} cannot be read${where}`, { cause });
  }
}

/** The trades of a line as they stand there, and what could not be used; a recording of the real feed has its pings and errors too. */
function readLine(line: string): { trades: FrameTrade[]; fault?: string } {
  const frame = parseFrame(line);
  if (frame.type === "junk") return { trades: [], fault: frame.reason };
  if (frame.type !== "trades") return { trades: [] };
  const data = (JSON.parse(line) as { data: unknown[] }).data;
  const trades = data.filter(isFrameTrade);
  const bad = data.length - trades.length;
  return bad === 0 ? { trades } : { trades, fault: `${bad} malformed trade(s)` };
}

function isFrameTrade(entry: unknown): entry is FrameTrade {
  const { c, p, s, t, v } = (entry ?? {}) as Partial<Record<keyof FrameTrade, unknown>>;
  const codes = c === undefined || c === null ||
    (Array.isArray(c) && c.every((code) => typeof code === "string"));
  return typeof s === "string" && Number.isFinite(p) && Number.isFinite(v) && Number.isSafeInteger(t) &&
    codes;
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
