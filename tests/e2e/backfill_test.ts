import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { seededRandom } from "../../src/finnhub/random.ts";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import { importedTradeId } from "../../src/market/trade_id.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
import { Pipeline, recordedTrades } from "./pipeline.ts";
import { recordedFile } from "./replay.ts";
import { type Ended, runToEnd } from "./role.ts";
import { writeTopic } from "./topic.ts";

const services = await sharedServices();

const HOUR = 3_600_000;
/** The last midnight: trades around it are in two hours, days, and perhaps months. */
const MIDNIGHT = Math.floor(Date.now() / 86_400_000) * 86_400_000;
const RANGE = ["--from", new Date(MIDNIGHT - 2 * HOUR).toISOString(), "--to", "now", "--settle", "200ms"];

/** Trades of an hour or so around midnight, some late, some at one time, some without volume. */
function madeTrades(symbol: string, count: number, seed: number): Trade[] {
  const random = seededRandom(seed);
  const start = MIDNIGHT - HOUR / 2;
  const span = Math.min(HOUR, Date.now() - start);
  return Array.from({ length: count }, (_, i) => ({
    symbol,
    price: Math.round(10_000 + random() * 1000) / 100,
    volume: random() < 0.1 ? 0 : Math.round(random() * 1000) / 100,
    time: Math.floor(start + Math.max(0, Math.floor(i / 2) * 2 / count - random() * 0.02) * span),
    conditions: random() < 0.2 ? ["1", "12"] : [],
  }));
}

async function send(pipeline: Pipeline, trades: readonly Trade[]): Promise<void> {
  const messages: Uint8Array[] = [];
  for (let i = 0; i < trades.length; i += 3) messages.push(encodeMessage(trades.slice(i, i + 3)));
  await writeTopic(pipeline, messages, trades[0]!.symbol);
}

const frames = (trades: readonly Trade[]): string =>
  trades.map(({ conditions, price, symbol, time, volume }) =>
    JSON.stringify({
      data: [{ c: conditions.length > 0 ? conditions : null, p: price, s: symbol, t: time, v: volume }],
      type: "trade",
    }) + "\n"
  ).join("");

const backfill = (pipeline: Pipeline, args: string[]): Promise<Ended> =>
  runToEnd(["backfill", "--log-level", "warn", ...args], pipeline.env);

async function assertClean(pipeline: Pipeline, range = RANGE): Promise<void> {
  const { code, stderr, stdout } = await backfill(pipeline, [...range, "--check"]);
  assertEquals(code, 0, stdout + stderr);
  assertStringIncludes(stdout, "\n0 difference(s)\n");
}

/** In the order in which imported trades count: by time, those of one time as in the file. */
const byTime = (trades: readonly Trade[]): Trade[] => [...trades].sort((a, b) => a.time - b.time);

/** Runs a test with a folder that is gone afterwards. */
function folderTest(name: string, test: (folder: string) => Promise<void>): void {
  integrationTest(name, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await test(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

integrationTest(
  "check finds nothing in what the stream wrote and exactly what is damaged; repair mends that, and the stream goes on",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "backfill");
    const [a, b] = [madeTrades("A", 3000, 1), madeTrades("B", 1000, 2)];
    const processor = pipeline.start("processor");
    await send(pipeline, a);
    await send(pipeline, b);
    await pipeline.drained();
    await assertClean(pipeline);

    // As if the stream itself had written wrong: with its own write timestamps.
    const place = async (table: string, where: string) => {
      const [row] = await pipeline.rows(
        `SELECT writetime(trade_count) AS written FROM ${table} WHERE ${where} ALLOW FILTERING`,
      );
      return String(row!.get("written"));
    };
    const [first, second] = await pipeline.rows(
      "SELECT bucket, window_start FROM candles WHERE symbol = 'A' AND interval = '1m' ALLOW FILTERING",
    );
    const candle = (row: typeof first) =>
      `symbol = 'A' AND interval = '1m' AND bucket = ${row!.get("bucket").getTime()} ` +
      `AND window_start = ${row!.get("window_start").getTime()}`;
    const [average] = await pipeline.rows(
      "SELECT bucket, window_end FROM running_averages_15_sec WHERE symbol = 'B' ALLOW FILTERING",
    );
    const end = `symbol = 'B' AND bucket = ${average!.get("bucket").getTime()} ` +
      `AND window_end = ${average!.get("window_end").getTime()}`;
    await pipeline.session.execute(
      `UPDATE candles USING TIMESTAMP ${await place("candles", candle(first))} SET high = 1e9 WHERE ${
        candle(first)
      }`,
    );
    await pipeline.session.execute(
      `DELETE FROM candles USING TIMESTAMP ${await place("candles", candle(second))} WHERE ${candle(second)}`,
    );
    await pipeline.session.execute(
      `UPDATE running_averages_15_sec USING TIMESTAMP ${await place(
        "running_averages_15_sec",
        end,
      )} SET vwap = 1e9 WHERE ${end}`,
    );
    const found = await backfill(pipeline, RANGE);
    assertEquals(found.code, 1, found.stderr);
    assertStringIncludes(found.stdout, "\n3 difference(s): ");
    const at = (row: typeof first, column: string) => row!.get(column).toISOString();
    assertStringIncludes(found.stdout, `A 1m ${at(first, "window_start")} values: high 1000000000, not `);
    assertStringIncludes(found.stdout, `A 1m ${at(second, "window_start")} missing: no row for `);
    assertStringIncludes(
      found.stdout,
      `B average ${at(average, "window_end")} values: vwap 1000000000, not `,
    );
    assertEquals(found.stdout.trim().split("\n").length, 5, found.stdout);

    const mended = await backfill(pipeline, [...RANGE, "--repair"]);
    assertEquals(mended.code, 0, mended.stdout + mended.stderr);
    assertStringIncludes(mended.stdout, "\n3 repaired\n");
    await assertClean(pipeline);
    await assertStored(pipeline, [...a, ...b]);

    // What is repaired at the stream's position can be damaged and repaired again there.
    const again = await place("candles", candle(first));
    await pipeline.session.execute(
      `UPDATE candles USING TIMESTAMP ${again} SET trade_count = 1, low = 1e9 WHERE ${candle(first)}`,
    );
    assertEquals((await backfill(pipeline, [...RANGE, "--repair"])).code, 0);
    await assertStored(pipeline, [...a, ...b]);

    // The next processor reads repaired rows back and adds to them.
    assertEquals((await processor.stop()).code, 0);
    pipeline.start("processor");
    const more = madeTrades("A", 500, 3);
    await send(pipeline, more);
    await pipeline.drained();
    await assertStored(pipeline, [...a, ...b, ...more]);
    await assertClean(pipeline);
  },
);

integrationTest(
  "check passes while the stream writes, and rows with more trades are left unless told",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "backfill-live");
    pipeline.start("processor");
    const sent: Trade[] = [];
    let going = true;
    const stream = (async () => {
      while (going) {
        const now = Date.now();
        const trades = Array.from({ length: 30 }, (_, i) => ({
          symbol: "LIVE",
          price: 1 + i,
          volume: 1,
          time: now - i * 7,
          conditions: [],
        }));
        await send(pipeline, trades);
        sent.push(...trades);
      }
    })();
    const live = ["--from", "1h", "--settle", "1s"];
    for (let i = 0; i < 3; i++) {
      const { code, stderr, stdout } = await backfill(pipeline, live);
      assertEquals(code, 0, stdout + stderr);
    }
    going = false;
    await stream;
    await pipeline.drained();
    await assertClean(pipeline, live);

    const [lost] = await pipeline.rows("SELECT symbol, hour, trade_timestamp, uuid FROM trades LIMIT 1");
    const time = lost!.get("trade_timestamp").getTime();
    await pipeline.session.execute(
      `DELETE FROM trades WHERE symbol = 'LIVE' AND hour = ${
        lost!.get("hour").getTime()
      } AND trade_timestamp = ${time} AND ` +
        `uuid = ${lost!.get("uuid")}`,
    );
    const left = await backfill(pipeline, [...live, "--repair"]);
    assertEquals(left.code, 1);
    // Of each interval one candle, and three averages.
    assertStringIncludes(left.stdout, "\n8 hold more than the raw trades and were left alone; --shrink");
    await assertStored(pipeline, sent).then(() => assert(false), () => {});
    assertEquals((await backfill(pipeline, [...live, "--repair", "--shrink"])).code, 0);
    await assertClean(pipeline, live);
  },
);

folderTest(
  "a file that is imported twice, and killed on the way, is stored once; exports tell just what was stored",
  async (folder) => {
    await using pipeline = await Pipeline.setUp(services, "import");
    const trades = [...madeTrades("X", 60_000, 5), ...madeTrades("Y", 20_000, 6)];
    const good = frames(trades).trimEnd().split("\n");
    const bad = ["nonsense", '{"type":"trade","data":[{"s":"X","p":-1,"t":1,"v":1}]}', "x".repeat(2_000_000)];
    await Deno.writeTextFile(`${folder}/trades.ndjson`, [...bad, ...good].join("\n"));
    const args = ["--import", `${folder}/trades.ndjson`, "--settle", "0"];
    const state = ["--state", `${folder}/state`];

    const killed = pipeline.start("backfill", [...args, ...state]);
    await until("some lines to be stored", async () => {
      const text = await Deno.readTextFile(`${folder}/state`).catch(() => "");
      return /"lines":\d/.test(text) ? true : "no state yet";
    });
    await killed.stop("SIGKILL");
    const stored = (await pipeline.storedTrades()).length;
    assert(stored > 0 && stored < trades.length, `${stored} were stored when it was killed`);
    for (const [turn, again] of [state, [], state].entries()) {
      const { code, stderr, stdout } = await runToEnd(["backfill", ...args, ...again], pipeline.env);
      assertEquals(code, 0, stdout + stderr);
      if (turn === 0) assertStringIncludes(stderr, "going on where an earlier run came to");
      assertMatch(stdout, /80000 trade\(s\) of 80003 line\(s\) stored, 0 passed over, 3 bad line\(s\)/);
      assertStringIncludes(
        stdout,
        "line 1: not JSON\nline 2: price not finite or negative\nline 3: longer than",
      );
      await assertStored(pipeline, byTime(trades));
    }
    await assertClean(pipeline);

    // A check that is killed goes on, and tells in the end what it would have told.
    const days = (n: number) => new Date(MIDNIGHT + n * 24 * HOUR).toISOString();
    const long = ["--symbols", "X", "--from", days(-50), "--to", days(1), ...state];
    const check = pipeline.start("backfill", long);
    await until("some hours to be done", async () => {
      const text = await Deno.readTextFile(`${folder}/state`).catch(() => "");
      return text.includes('"hours":') ? true : "no state yet";
    });
    await check.stop("SIGKILL");
    const resumed = await runToEnd(["backfill", ...long], pipeline.env);
    assertStringIncludes(resumed.stderr, "going on where an earlier run came to");
    const whole = await runToEnd(["backfill", ...long], pipeline.env);
    assert(!whole.stderr.includes("going on"), whole.stderr);
    assertMatch(whole.stdout, /of 1224 symbol hour\(s\) compared with 60000 raw trade/);
    assertEquals([resumed.code, resumed.stdout], [whole.code, whole.stdout]);

    const range = ["--from", "2000-01-01"];
    const run = async (args: string[]) => {
      const { code, stderr, stdout } = await runToEnd(["export", ...range, ...args], pipeline.env);
      assertEquals(code, 0, stderr);
      return stdout;
    };
    const sorted = [
      ...byTime(trades.filter(({ symbol }) => symbol === "X")),
      ...byTime(trades.slice(60_000)),
    ];
    const exported = await run(["--what", "trades", "--format", "ndjson"]);
    assert(exported === frames(sorted), "NDJSON differs");
    const table = ["symbol,time,price,volume,conditions"].concat(
      sorted.map(({ conditions, price, symbol, time, volume }) =>
        [symbol, time, price, volume, conditions.join("|")].join(",")
      ),
    ).join("\n") + "\n";
    assert(await run(["--what", "trades", "--format", "csv"]) === table, "CSV differs");
    await run(["--what", "trades", "--format", "avro", "--out", `${folder}/trades.avro`]);
    const messages = await readAvro(`${folder}/trades.avro`) as {
      data: { c: string[] | null; s: string }[];
    }[];
    assert(
      frames(sorted) ===
        messages.flatMap(({ data }) => data).map((trade) =>
          JSON.stringify({ data: [trade], type: "trade" }) + "\n"
        ).join(""),
      "Avro differs",
    );

    // Every candle and average as the tables have it.
    for (const what of ["candles", "averages"]) {
      const lines = (await run(["--what", what, "--interval", "5m"])).trimEnd().split("\n");
      const rows = lines.map((line) => JSON.parse(line));
      const windows = await pipeline.storedWindows();
      const wanted = [...windows.keys()].filter((key) =>
        key.includes(what === "candles" ? " 5m " : " average ")
      );
      assertEquals(rows.length, wanted.length);
      for (const { end, interval, start, symbol, trades, ...row } of rows) {
        const window = windows.get(`${symbol} ${interval ?? "average"} ${start ?? end}`);
        assertEquals({ ...row, count: trades }, window, what);
      }
      await run(["--what", what, "--interval", "5m", "--format", "avro", "--out", `${folder}/${what}.avro`]);
      assertEquals((await readAvro(`${folder}/${what}.avro`)).map((row) => JSON.stringify(row)), lines);
      const csv = (await run(["--what", what, "--interval", "5m", "--format", "csv"])).trimEnd().split("\n");
      assertEquals(csv, [
        Object.keys(rows[0]).join(","),
        ...rows.map((row) => Object.values(row).map((value) => value ?? "").join(",")),
      ]);
    }

    // What was exported can be imported: each trade is there already.
    await Deno.writeTextFile(`${folder}/again.csv`, table);
    assertEquals((await backfill(pipeline, ["--import", `${folder}/again.csv`])).code, 0);
    await assertStored(pipeline, byTime(trades));
  },
);

folderTest(
  "a window holds what was streamed and what was imported, in any order of the two",
  async (folder) => {
    await using pipeline = await Pipeline.setUp(services, "both");
    const parts = [11, 12, 13, 14].map((seed) => madeTrades("S", 400, seed));
    const [imported, streamed, late, last] = parts as [Trade[], Trade[], Trade[], Trade[]];
    const bring = async (trades: Trade[], name: string) => {
      await Deno.writeTextFile(`${folder}/${name}`, frames(trades));
      const { code, stderr, stdout } = await backfill(pipeline, [
        "--import",
        `${folder}/${name}`,
        "--settle",
        "200ms",
      ]);
      assertEquals(code, 0, stdout + stderr);
    };
    await bring(imported, "imported");
    const first = pipeline.start("processor");
    await send(pipeline, streamed);
    await pipeline.drained();
    await assertStored(pipeline, [...byTime(imported), ...streamed]);
    assertEquals((await first.stop()).code, 0);

    // Two files at one position of the stream.
    await bring(late, "late");
    await bring(late.filter(({ time }) => time >= MIDNIGHT - HOUR / 4), "part-of-late");
    const further = madeTrades("S", 20, 17).map((trade) => ({ ...trade, time: trade.time - HOUR / 2 }));
    await bring(further, "further");
    await assertStored(pipeline, [...together(imported, late, further), ...streamed]);
    const second = pipeline.start("processor");
    await send(pipeline, last);
    await pipeline.drained();
    await assertStored(pipeline, [...together(imported, late, further), ...streamed, ...last]);
    await assertClean(pipeline);

    // This processor has the windows in memory and knows of no import: what it writes next lacks them, until a repair.
    const unseen = madeTrades("S", 50, 15);
    await bring(unseen, "unseen");
    await send(pipeline, madeTrades("S", 1, 16));
    await pipeline.drained();
    assertEquals((await backfill(pipeline, RANGE)).code, 1);
    assertEquals((await backfill(pipeline, [...RANGE, "--repair"])).code, 0);
    await assertStored(pipeline, [
      ...together(imported, late, further, unseen),
      ...streamed,
      ...last,
      ...madeTrades("S", 1, 16),
    ]);
    assertEquals((await second.stop()).code, 0);
  },
);

folderTest(
  "recorded trades that are imported make the candles that the stream makes of them",
  async (folder) => {
    const path = await recordedFile("binance_spot_btc_eth_20240808");
    if (path === undefined) return console.warn("recorded trades are absent: nothing was tested with them");
    await using pipeline = await Pipeline.setUp(services, "import-real", { CASSANDRA_TRADES_TTL: "0" });
    const trades = await recordedTrades(path);
    await Deno.copyFile(path, `${folder}/renamed.ndjson.gz`);
    for (const file of [path, `${folder}/renamed.ndjson.gz`]) {
      const { code, stderr, stdout } = await backfill(pipeline, ["--import", file, "--settle", "0"]);
      assertEquals(code, 0, stdout + stderr);
      await assertStored(pipeline, byTime(trades));
    }
    // A file that breaks off: what came before is stored, and the exit code says it.
    const whole = await Deno.readFile(path);
    await Deno.writeFile(`${folder}/cut.ndjson.gz`, whole.subarray(0, whole.length / 2));
    const cut = await backfill(pipeline, ["--import", `${folder}/cut.ndjson.gz`, "--settle", "0"]);
    assertEquals(cut.code, 1);
    await assertStored(pipeline, byTime(trades));
  },
);

/** Several files' trades as they count: by time; of one time, by place in its file and then by what is known of them. */
function together(...files: readonly Trade[][]): Trade[] {
  const placed = files.flatMap((trades) => {
    const seen = new Map<number, number>();
    return trades.map((trade) => {
      const place = seen.get(trade.time) ?? 0;
      seen.set(trade.time, place + 1);
      return { trade, id: importedTradeId(trade, place) };
    });
  });
  return placed.sort((a, b) => a.trade.time - b.trade.time || compare(a.id, b.id)).map(({ trade }) => trade);
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

async function readAvro(path: string): Promise<unknown[]> {
  const { default: avro } = await import("avsc");
  const rows: unknown[] = [];
  await new Promise<void>((resolve, reject) => {
    avro.createFileDecoder(path).on("data", (row: unknown) => rows.push(row)).on("end", resolve).on(
      "error",
      reject,
    );
  });
  return rows;
}

integrationTest(
  "a wrong command is one line and exit code 2; servers that are away are exit code 1",
  async () => {
    const wrong: [string[], string][] = [
      [["backfill"], "--from"],
      [["backfill", "--from", "2h", "--to", "3h"], "--from must be before --to"],
      [["backfill", "--from", "1h", "--check", "--repair"], "--check writes nothing"],
      [["backfill", "--from", "1h", "--shrink"], "--repair"],
      [["backfill", "--import", "/nowhere/trades.csv"], "/nowhere/trades.csv cannot be read"],
      [["export"], "--from"],
      [["export", "--from", "1h", "--format", "xml"], "ndjson, csv, avro"],
    ];
    const { hosts, port } = services.cassandra;
    for (const [args, message] of wrong) {
      const env = {
        CASSANDRA_HOST: hosts.join(","),
        CASSANDRA_PORT: String(port),
        CASSANDRA_KEYSPACE: "system",
      };
      const { code, stderr } = await runToEnd(args, env);
      assertStringIncludes(stderr, message);
      assertEquals([code, stderr.trim().split("\n").length], [2, 1], stderr);
    }
    const bare = {
      CASSANDRA_HOST: hosts.join(","),
      CASSANDRA_PORT: String(port),
      CASSANDRA_KEYSPACE: "nowhere",
    };
    const unmade = await runToEnd(["backfill", "--from", "1h"], bare);
    assertEquals(unmade.code, 1);
    assertStringIncludes(unmade.stderr, "nowhere");
    assert(!unmade.stderr.includes("trying again"), unmade.stderr);
    const { code, stderr } = await runToEnd(["export", "--from", "1h"], { CASSANDRA_HOST: "127.0.0.1:1" });
    assertEquals(code, 1);
    assertStringIncludes(stderr, "no Cassandra host answers");
  },
);
