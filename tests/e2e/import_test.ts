import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Trade } from "../../src/market/trade.ts";
import { importedTradeId } from "../../src/market/trade_id.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { assertClean, backfill, byTime, frames, HOUR, madeTrades, MIDNIGHT, RANGE, send } from "./batch.ts";
import { assertStored } from "./check.ts";
import { Pipeline, recordedTrades } from "./pipeline.ts";
import { recordedFile } from "./replay.ts";
import { runToEnd } from "./role.ts";

const services = await sharedServices();

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
        "line 1: not JSON\nline 2: price not finite or not above 0\nline 3: longer than",
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
    const csv = await run(["--what", "trades", "--format", "csv"]);
    // Beside what a trade is: whether it was cancelled, and which row it is.
    const bare = csv.replace(",cancel,id\n", "\n").replaceAll(/,false,[0-9a-f-]{36}$/gm, "");
    assert(bare === table, "CSV differs");
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
      for (const { complete, end, interval, source, start, symbol, trades, ...row } of rows) {
        assertEquals([complete ?? null, source ?? null], [null, null], "no feed ever told of these");
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
    await Deno.writeTextFile(`${folder}/again.csv`, csv);
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
