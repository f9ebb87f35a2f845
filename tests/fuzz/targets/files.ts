/** Files that somebody hands over: tables and lines of trades, replays, bookmarks. */
import { assertEquals } from "@std/assert";
import type { Amendment } from "../../../src/batch/amendments.ts";
import { BookmarkError, parseBookmark } from "../../../src/batch/files/bookmark.ts";
import { csv, csvForSpreadsheets, ndjson } from "../../../src/batch/files/export_format.ts";
import { TRADES } from "../../../src/batch/files/export_rows.ts";
import { linesOf } from "../../../src/batch/files/lines.ts";
import {
  csvParser,
  HeaderError,
  parseFrameLine,
  type TradeLineParser,
} from "../../../src/batch/files/trade_lines.ts";
import { openReplay, ReplayError } from "../../../src/finnhub/simulator/replay.ts";
import { parseFrame } from "../../../src/market/frame.ts";
import { conditionCodes, type Trade, tradeFault } from "../../../src/market/trade.ts";
import { type Fuzzer, must, orDocumented, textOf, texts } from "../fuzzer.ts";
import { frames, NOW } from "./market.ts";

const MAX_LINE = 1_048_576;

async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

/** The trades of a file, as far as it can be read. */
async function read(
  bytes: AsyncIterable<Uint8Array>,
  parse: TradeLineParser,
): Promise<{ trades: readonly Trade[]; amendments?: readonly Amendment[]; faults: string[] }> {
  const trades: Trade[] = [];
  const amendments: Amendment[] = [];
  const faults: string[] = [];
  for await (const { fault, text } of linesOf(bytes, MAX_LINE)) {
    const line = text === undefined ? { trades: [], fault } : parse(text);
    trades.push(...line.trades);
    if ("amendment" in line && line.amendment) amendments.push(line.amendment);
    if (line.fault !== undefined) faults.push(line.fault);
  }
  return { trades, ...(amendments.length > 0 && { amendments }), faults };
}

/** Those that are stored, and so may be exported. */
const storable = (trades: readonly Trade[]): Trade[] =>
  trades.filter(({ price, symbol, time, volume }) =>
    tradeFault(symbol, price, volume, time, NOW) === undefined
  )
    .map((trade) => ({ ...trade, conditions: conditionCodes(trade.conditions).codes }));

/** Whatever is exported reads back the same, in every format. */
async function assertReadsBack(trades: readonly Trade[]): Promise<void> {
  async function* rows() {
    for (const { conditions, price, symbol, time, volume } of trades) {
      yield { symbol, time, price, volume, conditions };
    }
  }
  const formats = [[csv, csvParser()], [csvForSpreadsheets, csvParser()], [ndjson, parseFrameLine]] as const;
  for (const [format, parse] of formats) {
    const found = await read(format(TRADES, rows()), parse);
    const wanted = { trades, faults: [] };
    // A plain comparison first: the assertion's own takes many times as long as what is measured.
    if (JSON.stringify(found) !== JSON.stringify(wanted)) assertEquals(found, wanted);
  }
}

export const tables: Fuzzer = {
  name: "csv",
  corpus: texts(
    "symbol,time,price,volume,conditions\nAAPL,1767312000000,1.5,2,1|12\nIC MARKETS:1,2026-01-01T00:00:00Z,1,0,\n",
    '\ufeffTime,Price,"Symbol",volume,other\r\n1767312000000,.5,"A,""B""",1e3,x\r\n',
    "symbol,time,price,volume,conditions\n'=1+1,1767312000000,1,1,'-a|b\n",
    "symbol,time,price,volume,cancel,correction_price,id\nA,1767312000000,1,1,true,,\n" +
      "A,1767312000000,1,1,,2.5,01234567-0000-8001-8000-000000000000\n",
  ),
  words: [
    "symbol",
    "time",
    "price",
    "volume",
    "conditions",
    "cancel",
    "correction_volume",
    "true",
    "AAPL",
    "2026-01-01T00:00:00+14:00",
  ],
  async check(input) {
    const found = await orDocumented(
      () => read(chunks(input.subarray(0, 7), input.subarray(7)), csvParser()),
      HeaderError,
    );
    if (found === undefined) return;
    for (const { price, time, volume } of found.trades) {
      must(!Number.isNaN(price) && !Number.isNaN(volume) && Number.isInteger(time), "numbers are numbers");
    }
    for (const { correction, id, trade } of found.amendments ?? []) {
      const numbers = [trade.price, trade.volume, trade.time, ...Object.values(correction ?? {})];
      must(!numbers.some(Number.isNaN), "numbers of amendments are numbers");
      must(id === undefined || id.length === 16, "an id has 16 bytes");
    }
    await assertReadsBack(storable(found.trades));
  },
  slack: 60,
};

export const recordings: Fuzzer = {
  name: "lines",
  corpus: frames.corpus.map((bytes) => Uint8Array.from([...bytes, 10, ...bytes])),
  words: frames.words!,
  async check(input) {
    const { faults, trades } = await read(chunks(input), parseFrameLine);
    must(faults.length <= 1 + textOf(input).split("\n").length, "a line has one fault at most");
    await assertReadsBack(storable(trades));
  },
  slack: 60,
};

export const replays: Fuzzer = {
  name: "replay",
  corpus: recordings.corpus,
  words: frames.words!,
  async check(input) {
    const open = () => Promise.resolve(new Blob([input.slice()]).stream());
    const options = { file: "a.ndjson", speed: Infinity, loop: false, now: false, open };
    const source = await orDocumented(() => openReplay(options), ReplayError);
    if (source === undefined) return;
    must(source.symbols.length > 0, "a market has symbols");
    for await (const { due, trades } of source.frames(0, new AbortController().signal)) {
      must(due >= 0, "a frame is due at some time");
      const sent = parseFrame(JSON.stringify({ type: "trade", data: trades }));
      must(sent.type === "trades" && sent.malformed === 0, "what is replayed is a frame as Finnhub sends it");
    }
  },
  slack: 60,
};

const TASK = "check 2026-01-01 2026-01-02";

export const bookmarks: Fuzzer = {
  name: "bookmark",
  corpus: texts(
    JSON.stringify({ task: TASK, lines: 7 }),
    JSON.stringify({
      task: TASK,
      unit: { symbol: "A", hour: NOW },
      totals: { hours: 1, windows: 2, trades: 3, differences: { missing: 1 } },
    }),
  ),
  words: ["task", "lines", "unit", "totals", "hours", "differences", "symbol", "hour", TASK],
  async check(input) {
    const found = await orDocumented(() => parseBookmark(textOf(input), TASK), BookmarkError);
    if (found === undefined) return;
    must((found.lines ?? 0) >= 0, "lines that are stored are no fewer than none");
    must((found.totals?.hours ?? 0) >= 0, "hours that are done are no fewer than none");
    const { totals } = found;
    if (totals !== undefined) {
      const sum = Object.values(totals.differences).reduce(
        (all, count) => all + count,
        totals.windows + totals.trades,
      );
      must(Number.isFinite(sum), "what was counted goes on being counted");
    }
  },
};
