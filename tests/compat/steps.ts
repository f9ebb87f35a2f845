import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Finding } from "../../src/doctor/finding.ts";
import type { Candle } from "../../src/market/reader.ts";
import type { Trade } from "../../src/market/trade.ts";
import { expectedCandles } from "../expected.ts";
import { until } from "../services/mod.ts";
import { assertClean, backfill, madeTrades, RANGE, send } from "../e2e/batch.ts";
import { assertStored } from "../e2e/check.ts";
import { framesFile, knownTrades } from "../e2e/known_trades.ts";
import { Pipeline, recordedTrades, tradeText } from "../e2e/pipeline.ts";
import { recordedFile, replay } from "../e2e/replay.ts";
import { type RunningRole, runToEnd } from "../e2e/role.ts";
import { readTopic, writeTopic } from "../e2e/topic.ts";
import { type Cell, cellNames } from "./cells.ts";
import type { CellServers } from "./servers.ts";
import type { StepName } from "./table.ts";

const ALL = ["--from", "2000-01-01", "--to", "now"];
const HOUR_MS = 3_600_000;
/** Recorded trades: those of make compat, and few for the short form. */
export type Recording = "binance_spot_btc_eth_20240808" | "bybit_20260809";

/** A killed processor's partitions find their next owner soon. */
const SESSION = { PROCESSOR_SESSION_TIMEOUT: "2s" };

/** What the steps of a cell hand on to one another. */
export class CellRun implements AsyncDisposable {
  /** All that has to be stored, in stream order within each symbol. */
  readonly trades: Trade[] = [];
  readonly folder = Deno.makeTempDirSync({ prefix: "finnhub-pipe-compat-" });
  processor: RunningRole | undefined;
  /** Arguments of `backfill` for the time of the recorded trades alone: years of empty hours would take a minute. */
  recordedRange: string[] = [];

  private constructor(
    readonly cell: Cell,
    readonly servers: CellServers,
    readonly recording: Recording,
    readonly pipeline: Pipeline,
  ) {}

  static async on(cell: Cell, servers: CellServers, recording: Recording): Promise<CellRun> {
    return new CellRun(cell, servers, recording, await Pipeline.join(servers.endpoints, "compat", SESSION));
  }

  /** Waits until all is read, and compares every row with what plain code makes of the trades. */
  async allStored(): Promise<void> {
    await this.pipeline.drained();
    await assertStored(this.pipeline, this.trades);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pipeline[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** What is done in each step; the next ones build on it. A step that throws has failed. */
export const STEPS: Record<StepName, (run: CellRun) => Promise<void>> = {
  "setup": async ({ pipeline }) => {
    const first = await setup(pipeline.env);
    assertStringIncludes(first, `topic ${pipeline.topic}`);
    assert(!/\b(made|changed)\b/.test(await setup(pipeline.env)), "setup run again changes something");
  },

  "TLS and SCRAM": async ({ pipeline, servers: { secure } }) => {
    await setup({ ...pipeline.env, ...secure });
    const wrong = await runToEnd(["setup", "--wait", "1s"], {
      ...pipeline.env,
      ...secure,
      KAFKA_PASSWORD: "wrong",
    });
    assertEquals(wrong.code, 1);
    assertStringIncludes(wrong.stderr, "KAFKA_PASSWORD");
  },

  "recorded trades": async (run) => {
    const { folder, pipeline, recording, trades } = run;
    const recorded = await recordedFile(recording);
    if (recorded === undefined) console.warn(`${recording} is absent: synthetic trades are taken`);
    trades.push(...recorded ? await recordedTrades(recorded) : knownTrades(1000, 11, "ABC"));
    const times = trades.map(({ time }) => time);
    const [from, to] = [Math.min(...times) - HOUR_MS, Math.max(...times) + HOUR_MS];
    run.recordedRange = ["--from", new Date(from).toISOString(), "--to", new Date(to).toISOString()];
    const file = recorded ?? await framesFile(folder, trades);
    const symbols = [...new Set(trades.map(({ symbol }) => symbol))];
    const { processor, producer } = await replay(pipeline, file, symbols, trades.length);
    run.processor = processor;
    await assertStored(pipeline, trades);
    assertEquals((await producer.stop()).code, 0);
  },

  "restart": async (run) => {
    const { pipeline, processor, servers, trades } = run;
    await processor!.stop("SIGKILL");
    const meanwhile = madeTrades("MEANWHILE", 600, 3);
    await send(pipeline, meanwhile);
    run.processor = pipeline.start("processor");
    await run.processor.says(/partitions assigned/);
    await servers.restart();
    const afterwards = madeTrades("AFTERWARDS", 600, 4);
    await send(pipeline, afterwards);
    trades.push(...meanwhile, ...afterwards);
    await run.allStored();
  },

  "dead letters": async (run) => {
    const { pipeline, trades } = run;
    const junk = new Uint8Array(3000).fill(0xff);
    const good = madeTrades("GOOD", 30, 5);
    await writeTopic(pipeline, [junk]);
    await send(pipeline, good);
    trades.push(...good);
    await run.allStored();
    const [letter] = await readTopic(pipeline, `${pipeline.topic}.dlq`);
    assertEquals(new Uint8Array(letter!.value!), junk);
    assertEquals(letter!.headers!["source-topic"]?.toString(), pipeline.topic);
  },

  "dashboard": async ({ pipeline, trades }) => {
    const dashboard = pipeline.start("dashboard", ["--listen", "127.0.0.1:0"]);
    await until("the dashboard to be ready", async () => {
      const { status, text } = await dashboard.readiness();
      return status === 200 || text;
    });
    const url = `${await dashboard.http()}/api/candles?symbol=AFTERWARDS&interval=1m&limit=2000`;
    const { candles } = await (await fetch(url)).json() as { candles: Candle[] };
    const own = trades.filter(({ symbol }) => symbol === "AFTERWARDS");
    const expected = [...expectedCandles(own)].filter(([key]) => key.startsWith("AFTERWARDS 1m "));
    assertEquals(
      candles.map(({ close, high, low, open, start, trades }) => [start, open, high, low, close, trades]),
      expected.map(([key, { close, count, high, low, open }]) => {
        return [Number(key.split(" ")[2]), open, high, low, close, count];
      }).toSorted(([a], [b]) => Number(a) - Number(b)),
    );
    assertEquals((await dashboard.stop()).code, 0);
  },

  "doctor": async ({ cell, pipeline }) => {
    const { code, stderr, stdout } = await runToEnd(
      ["doctor", "--json", "--checks", "kafka,cassandra"],
      pipeline.env,
    );
    const findings = JSON.parse(stdout) as Finding[];
    assertEquals(findings.filter(({ state }) => state === "failed"), [], stderr);
    const saysOf = (subject: string) => findings.find((finding) => finding.subject === subject)!.says;
    assert(saysOf("kafka release").startsWith(`${cell.kafka}, ${cell.mode} mode`), saysOf("kafka release"));
    assert(saysOf("cassandra release").startsWith(cellNames(cell).cassandra), saysOf("cassandra release"));
    assertEquals(code, 0);
  },

  "backfill": async (run) => {
    const { pipeline, recordedRange } = run;
    await assertClean(pipeline, recordedRange);
    await assertClean(pipeline);
    const [row] = await pipeline.rows(
      "SELECT bucket, window_start, writetime(trade_count) AS written FROM candles " +
        "WHERE symbol = 'AFTERWARDS' AND interval = '1m' LIMIT 1 ALLOW FILTERING",
    );
    const place = `symbol = 'AFTERWARDS' AND interval = '1m' AND bucket = ${row!.get("bucket").getTime()} ` +
      `AND window_start = ${row!.get("window_start").getTime()}`;
    await pipeline.session.execute(
      `DELETE FROM candles USING TIMESTAMP ${row!.get("written")} WHERE ${place}`,
    );
    const found = await backfill(pipeline, RANGE);
    assertEquals(found.code, 1, found.stderr);
    assertMatch(found.stdout, /^1 difference\(s\)/m);
    const mended = await backfill(pipeline, [...RANGE, "--repair"]);
    assertEquals(mended.code, 0, mended.stdout + mended.stderr);
    await run.allStored();
  },

  "export": async ({ pipeline, trades }) => {
    const { code, stderr, stdout } = await runToEnd(["export", ...ALL, "--format", "csv"], pipeline.env);
    assertEquals(code, 0, stderr);
    const rows = stdout.trim().split("\n").slice(1).map((line) => {
      const [symbol, time, price, volume] = line.split(",");
      return tradeText(symbol!, Number(time), Number(price), Number(volume));
    });
    assertEquals(
      rows.sort(),
      trades.map(({ price, symbol, time, volume }) => tradeText(symbol, time, price, volume)).sort(),
    );
  },
};

async function setup(env: Record<string, string>): Promise<string> {
  const { code, stderr, stdout } = await runToEnd(["setup"], env);
  assertEquals(code, 0, stdout + stderr);
  return stdout;
}
