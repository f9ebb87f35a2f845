import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { seededRandom } from "../../src/finnhub/random.ts";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import {
  intervalMs,
  longestRange,
  MARKET,
  type Panel,
  panelCql,
  sourceOf,
  symbolsCql,
} from "../grafana/dashboard.ts";
import type { TimeRange } from "../grafana/expand.ts";
import { Calendars } from "../../src/market/calendar/calendars.ts";
import { INTERVALS } from "../expected.ts";
import { CODES, expectedSip } from "../sip_expected.ts";
import { ExpectedPanels } from "../grafana/expected.ts";
import { type Frame, framesOf, reduced, transformed, variableValues } from "../grafana/plugin.ts";
import { integrationTest } from "../needs.ts";
import { sharedServices } from "../services/shared.ts";
import { Pipeline, recordedTrades, tradeText } from "./pipeline.ts";
import { recordedFile, replay } from "./replay.ts";
import { writeTopic } from "./topic.ts";

const services = await sharedServices();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LENGTHS = [10_000, HOUR, 24 * HOUR, 30 * DAY];

const byInterval = (panel: Panel) => sourceOf(panel).targets![0]!.target!.includes("$interval");

/** What of the market dashboard is looked at, and when. */
interface View {
  panel: Panel;
  symbol: string;
  interval: string;
  range: TimeRange;
}

/** What a panel shows: the frames of its target, after its transformations. */
async function shown({ session }: Pipeline, { interval, panel, range, symbol }: View): Promise<Frame[]> {
  const source = sourceOf(panel);
  const frames = await framesOf(session, panelCql(source, symbol, interval, range));
  const steps = [...source.transformations ?? [], ...source === panel ? [] : panel.transformations ?? []];
  return frames.map((frame) => transformed(frame, steps));
}

/** Each panel at each interval, in groups of ranges of all lengths that it is right for, up to one end. */
function* views(symbols: readonly string[], ends: readonly number[]): Generator<View[]> {
  for (const panel of MARKET.panels) {
    for (const interval of byInterval(panel) ? Object.keys(INTERVALS) : ["5s"]) {
      const longest = longestRange(panel, interval);
      const lengths = [...LENGTHS.filter((length) => length < longest), longest];
      for (const symbol of symbols) {
        for (const to of ends) {
          yield lengths.map((length) => ({ panel, symbol, interval, range: { from: to - length, to } }));
        }
      }
    }
  }
}

/** Compares each panel, and the list of symbols, with what the trades say. */
async function assertPanels(
  pipeline: Pipeline,
  trades: readonly Trade[],
  ends: readonly number[],
): Promise<void> {
  const expected = new ExpectedPanels(trades);
  const symbols = [...new Set(trades.map(({ symbol }) => symbol))].sort();
  let rows = 0;
  for (const group of views(symbols, ends)) {
    const counts = await Promise.all(group.map((view) => assertView(pipeline, expected, view)));
    rows += counts.reduce((sum, count) => sum + count);
  }
  assert(rows > 1000, `only ${rows} rows were compared`);
  assertEquals(await variableValues(pipeline.session, symbolsCql()), symbols);
}

/** Compares what is shown with what the trades say; resolves with the number of rows. */
async function assertView(pipeline: Pipeline, expected: ExpectedPanels, view: View): Promise<number> {
  const { interval, panel: { options, title, type }, range, symbol } = view;
  const time = (ms: number) => new Date(ms).toISOString();
  const where = `${title} of ${symbol} at ${interval}, ${time(range.from)} to ${time(range.to)}`;
  const frames = await shown(pipeline, view);
  assert(frames.length <= 1 && frames.every(({ name }) => name === symbol), where);
  const rows = frames.flatMap((frame) => frame.rows);
  if (type === "stat") {
    const shows = frames[0] && reduced(frames[0], options!.reduceOptions!);
    const wanted = expected.stat(title, symbol, interval, range);
    if (typeof wanted === "number") {
      assertAlmostEquals(Number(shows), wanted, 1e-6 * Math.abs(wanted) + 1e-9, where);
    } else assertEquals(shows, wanted, where);
  } else if (type === "table") assertNewest(rows, expected.newest(symbol, range), where);
  else {
    const wanted = expected.windows(title, symbol, interval, range);
    // A plain comparison first: the assertion's own takes ten times as long.
    if (JSON.stringify(rows) !== JSON.stringify(wanted)) assertEquals(rows, wanted, where);
  }
  return rows.length;
}

/** Trades of one millisecond have no order: the times must be the newest, and each row a trade, none twice. */
function assertNewest(rows: Frame["rows"], trades: readonly Trade[], where: string): void {
  assertEquals(rows.map(({ Time }) => Time as number), trades.slice(0, 25).map(({ time }) => time), where);
  const left = new Map<string, number>();
  for (const { conditions, price, time, volume } of trades) {
    const text = `${tradeText("", time, price, volume)} ${
      conditions.length > 0 ? JSON.stringify(conditions) : null
    }`;
    left.set(text, (left.get(text) ?? 0) + 1);
  }
  for (const { Conditions, Price, Time, Volume, ...rest } of rows) {
    assertEquals(rest, {}, where);
    const conditions = JSON.stringify(JSON.parse(Conditions as string));
    const found = `${tradeText("", Time as number, Price as number, Volume as number)} ${conditions}`;
    const count = left.get(found) ?? 0;
    assert(count > 0, `${where}: ${found} is no trade, or is shown twice`);
    left.set(found, count - 1);
  }
}

/** Makes trades of two symbols around a midnight, as a file of frames in a folder. */
async function madeFile(folder: string, midnight: number): Promise<string> {
  const random = seededRandom(3);
  const frames = Array.from({ length: 2000 }, (_, i) => ({
    type: "trade",
    data: ["MADE:A", "MADE:B"].map((s) => ({
      c: null,
      p: Math.round(1e4 + random() * 1e3) / 100,
      s,
      t: midnight - 5 * MINUTE + i * 300,
      v: Math.round(random() * 1e3) / 100,
    })),
  }));
  const text = frames.map((frame) => `${JSON.stringify(frame)}\n`).join("");
  const path = `${folder}/made.ndjson.gz`;
  await Deno.writeFile(path, new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")));
  return path;
}

integrationTest(
  "every panel of the market dashboard shows what the replayed trades say, before, over and after midnight",
  async () => {
    const midnight = Date.UTC(2024, 7, 9);
    const folder = await Deno.makeTempDir();
    await using _ = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
    const path = await recordedFile("binance_spot_btc_eth_20240808") ?? await madeFile(folder, midnight);
    const trades = await recordedTrades(path);
    const symbols = [...new Set(trades.map(({ symbol }) => symbol))];
    await using pipeline = await Pipeline.setUp(services, "grafana");
    await replay(pipeline, path, symbols, trades.length);
    const ends = [-3 * MINUTE, -1, 1500, DAY].map((after) => midnight + after);
    await assertPanels(pipeline, trades, ends);
    const symbol = symbols[0]!;
    const range = {
      from: midnight - 3 * MINUTE - intervalMs(MARKET.time.from.replace("now-", "")),
      to: midnight - 3 * MINUTE,
    };
    const cost = await costOf(pipeline, symbol, range);
    const times = MINUTE / intervalMs(MARKET.refresh);
    console.log(
      `one viewer of the market reads ${times * cost.partitions} partitions and ${
        times * cost.rows
      } rows a minute, in ` +
        `${times * cost.queries} queries`,
    );
    // A range of a quarter of an hour: one day or month for the windows, an hour for the trades, or two of each.
    assert(cost.queries === 3 && cost.partitions <= 6, JSON.stringify(cost));
  },
);

/** What one refresh of the market costs Cassandra, as it traces its own reads. */
async function costOf({ session }: Pipeline, symbol: string, range: TimeRange) {
  const total = { queries: 0, partitions: 0, rows: 0 };
  for (const panel of MARKET.panels.filter((each) => sourceOf(each) === each)) {
    const cql = panelCql(
      panel,
      symbol,
      MARKET.templating.list.find(({ name }) => name === "interval")!.current!.value,
      range,
    );
    const { info: { traceId }, rows } = await session.execute(cql, [], {
      prepare: true,
      traceQuery: true,
      fetchSize: 5000,
    });
    const trace = await new Promise<{ events: { activity: string }[] }>((resolve, reject) =>
      session.metadata.getTrace(traceId, (error, found) => error ? reject(error) : resolve(found))
    );
    total.queries++;
    total.partitions += trace.events.filter(({ activity }) =>
      /^Executing single-partition query/.test(activity)
    ).length;
    total.rows += rows.length;
  }
  return total;
}

/** Trades over four months, sparse, but dense around the months' ends; one in ten without volume. */
function tradesOverMonths(monthEnds: readonly number[]): Trade[] {
  const random = seededRandom(5);
  const first = monthEnds[0]! - 40 * DAY;
  const sparse = Array.from({ length: 700 }, () => first + random() * 140 * DAY);
  const dense = monthEnds.flatMap((end) =>
    Array.from({ length: 150 }, () => end + (random() - 0.5) * 2 * MINUTE)
  );
  return [...sparse, ...dense, ...monthEnds].map((time) => ({
    symbol: "MONTHS",
    price: Math.round(random() * 1e4) / 100,
    volume: random() < 0.1 ? 0 : Math.round(1 + random() * 1e3) / 100,
    time: Math.floor(time),
    conditions: random() < 0.5 ? ["1", "12"] : [],
  }));
}

integrationTest(
  "every panel is right over months' ends, a leap day and a year's end, and tells newest first",
  async () => {
    const monthEnds = [Date.UTC(2024, 0, 1), Date.UTC(2024, 1, 1), Date.UTC(2024, 2, 1)];
    const trades = tradesOverMonths(monthEnds);
    await using pipeline = await Pipeline.setUp(services, "grafana-months");
    const messages: Uint8Array[] = [];
    for (let i = 0; i < trades.length; i += 5) messages.push(encodeMessage(trades.slice(i, i + 5)));
    await writeTopic(pipeline, messages, "MONTHS");
    pipeline.start("processor");
    await pipeline.drained();
    const ends = monthEnds.flatMap((end) => [-1, 0, 5 * HOUR].map((after) => end + after));
    await assertPanels(pipeline, trades, ends);

    const expected = new ExpectedPanels(trades);
    for (const panel of MARKET.panels.filter(({ type }) => !["table", "stat"].includes(type))) {
      const range = { from: monthEnds[0]! - 40 * DAY, to: monthEnds[2]! + MINUTE };
      const [frame] = await shown(pipeline, { panel, symbol: "MONTHS", interval: "5s", range });
      const wanted = expected.windows(panel.title, "MONTHS", "5s", range);
      const { length } = frame!.rows;
      assert(length > 0 && length < wanted.length, `${panel.title}: ${length} of ${wanted.length}`);
      assertEquals(
        frame!.rows,
        wanted.slice(-length),
        `${panel.title} shows the newest part of a longer range`,
      );
    }
  },
);

integrationTest(
  "where both kinds of candles are kept the chosen one is shown, without those that have no price",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "grafana-sip", { CANDLES: "raw,sip" });
    const random = seededRandom(6);
    const start = Date.parse("2026-11-24T14:20:00Z");
    const trades: Trade[] = Array.from({ length: 900 }, (_, i) => ({
      symbol: "AAPL",
      price: Math.round(1000 + random() * 100) / 10,
      volume: 1 + Math.floor(random() * 500),
      time: start + i * 2000,
      conditions: random() < 0.6 ? [CODES[Math.floor(random() * CODES.length)]!] : [],
    }));
    await writeTopic(pipeline, trades.map((trade) => encodeMessage([trade])), "AAPL");
    pipeline.start("processor");
    await pipeline.drained();
    const panel = MARKET.panels.find(({ title }) => title === "$symbol, $interval")!;
    const range = { from: start, to: start + HOUR };
    const sip = expectedSip(trades, new Calendars());
    let left = 0;
    for (const interval of Object.keys(INTERVALS)) {
      const rows = async (rule: "raw" | "sip") => {
        const [frame] = await framesOf(pipeline.session, panelCql(panel, "AAPL", interval, range, rule));
        return transformed(frame!, panel.transformations!).rows;
      };
      const wanted = new ExpectedPanels(trades).windows(panel.title, "AAPL", interval, range);
      assertEquals(await rows("raw"), wanted);
      const priced = [...sip].filter(([name, { open }]) =>
        name.startsWith(`AAPL ${interval}-sip `) && open !== null
      );
      left += [...sip.keys()].filter((name) => name.includes(` ${interval}-sip `)).length - priced.length;
      const found = (await rows("sip")).map(({ close, high, low, open, volume, window_start }) => [
        `AAPL ${interval}-sip ${window_start}`,
        { open, high, low, close, volume },
      ]);
      assertEquals<unknown>(
        found,
        priced.map((
          [name, { close, high, low, open, volume }],
        ) => [name, { open, high, low, close, volume }]),
      );
    }
    assert(left > 0, "every candle had a price");
  },
);
