import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { sharedServices } from "../services/shared.ts";
import { assertClean, backfill, madeTrades, RANGE, send } from "./batch.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import { runToEnd } from "./role.ts";

const services = await sharedServices();

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

integrationTest(
  "a wrong command is one line and exit code 2; servers that are away are exit code 1",
  async () => {
    const folder = await Deno.makeTempDir();
    const wrong: [string[], string][] = [
      [["backfill"], "--from"],
      [["backfill", "--from", "2h", "--to", "3h"], "--from must be before --to"],
      [["backfill", "--from", "1h", "--check", "--repair"], "--check writes nothing"],
      [["backfill", "--from", "1h", "--shrink"], "--repair"],
      [["backfill", "--import", "/nowhere/trades.csv"], "/nowhere/trades.csv cannot be read"],
      [["backfill", "--import", "/"], "/ cannot be read (IsADirectory)"],
      [["export"], "--from"],
      [["export", "--from", "1h", "--out", "/nowhere/trades.csv"], "/nowhere/trades.csv cannot be written"],
      [["export", "--from", "1h", "--out", folder], "cannot be written (IsADirectory)"],
      [["export", "--from", "1h", "--format", "xml"], "ndjson, csv, avro"],
    ];
    for (const [args, message] of wrong) {
      // No server answers: what is wrong with the command is seen before one is asked.
      const env = { CASSANDRA_HOST: "127.0.0.1:1" };
      const { code, stderr } = await runToEnd(args, env);
      assertStringIncludes(stderr, message);
      assertEquals([code, stderr.trim().split("\n").length], [2, 1], stderr);
    }
    const { hosts, port } = services.cassandra;
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
