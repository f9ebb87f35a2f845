/** Trades that a file cancels or corrects: on real servers, and in a folder of role `local`. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Trade } from "../../src/market/trade.ts";
import { expectedCandles } from "../expected.ts";
import { integrationTest } from "../needs.ts";
import { sharedServices } from "../services/shared.ts";
import { assertClean, backfill, madeTrades, RANGE, send } from "./batch.ts";
import { Pipeline } from "./pipeline.ts";
import { runToEnd } from "./role.ts";

const services = await sharedServices();
const HEADER = "symbol,time,price,volume,cancel,correction_price,correction_volume";
const line = ({ price, symbol, time, volume }: Trade, rest: string) =>
  `${symbol},${time},${price},${volume},${rest}`;

/** Trades without two that are alike, so that each line means one. */
const different = (trades: readonly Trade[]): Trade[] => [
  ...new Map(trades.map((trade) => [`${trade.time} ${trade.price} ${trade.volume}`, trade])).values(),
];

/** Count, volume, high and low of each candle. */
const seen = (windows: Iterable<[string, { count?: number; high?: number; low?: number }]>) =>
  new Map(
    [...windows].filter(([name]) => !name.includes(" average ")).map(([name, { count, high, low }]) => [
      name,
      { count, high, low },
    ]),
  );

integrationTest(
  "trades of the stream are cancelled and corrected by a file, twice, and the stream goes on over it",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "amended");
    const folder = await Deno.makeTempDir();
    try {
      const trades = different(madeTrades("X", 3000, 8));
      await send(pipeline, trades);
      const processor = pipeline.start("processor");
      await pipeline.drained();
      await processor.stop();

      const [gone, wrong] = [trades.slice(100, 140), trades.slice(200, 220)];
      await Deno.writeTextFile(
        `${folder}/amended.csv`,
        [
          HEADER,
          ...gone.map((trade) => line(trade, "true,,")),
          ...wrong.map((trade) => line(trade, ",50.5,3")),
          "",
        ].join("\n"),
      );
      const right = [
        ...wrong.map((trade) => ({ ...trade, price: 50.5, volume: 3 })),
        ...trades.filter((trade) => !gone.includes(trade) && !wrong.includes(trade)),
      ];
      for (let turn = 0; turn < 2; turn++) {
        const { code, stderr, stdout } = await backfill(pipeline, [
          "--import",
          `${folder}/amended.csv`,
          "--settle",
          "0",
        ]);
        assertEquals(code, 0, stdout + stderr);
        assertStringIncludes(stdout, "60 trade(s) cancelled or corrected");
        assertEquals(seen(await pipeline.storedWindows()), seen(expectedCandles(right)));
        await assertClean(pipeline);
      }
      const marks = await pipeline.rows("SELECT cancelled, price FROM trades");
      assertEquals(marks.length, trades.length + wrong.length);
      const marked = (mark: string) => marks.filter((row) => row.get("cancelled") === mark).length;
      assertEquals([marked("cancel"), marked("correction")], [gone.length, wrong.length]);

      const more = different(madeTrades("X", 500, 9));
      await send(pipeline, more);
      const again = pipeline.start("processor");
      await pipeline.drained();
      await again.stop();
      assertEquals(seen(await pipeline.storedWindows()), seen(expectedCandles([...right, ...more])));
      await assertClean(pipeline);

      const table = await runToEnd(["export", ...RANGE.slice(0, 4), "--format", "csv"], pipeline.env);
      assertMatch(table.stdout.split("\n")[0]!, /,cancel,id$/);
      assertEquals(table.stdout.split("\n").filter((row) => row.includes(",true,")).length, 60);
      const ndjson = await runToEnd(["export", ...RANGE.slice(0, 4)], pipeline.env);
      assertEquals(ndjson.stdout.trimEnd().split("\n").length, right.length + more.length);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

integrationTest("a trade that was never stored cannot be cancelled: the line is named", async () => {
  await using pipeline = await Pipeline.setUp(services, "amend-none");
  const folder = await Deno.makeTempDir();
  try {
    const [trade] = madeTrades("X", 1, 8);
    await Deno.writeTextFile(`${folder}/none.csv`, [HEADER, line(trade!, "true,,"), ""].join("\n"));
    const { stdout } = await backfill(pipeline, ["--import", `${folder}/none.csv`, "--settle", "0"]);
    assertStringIncludes(stdout, "line 2: no stored trade is like this");
    assertStringIncludes(stdout, "1 bad line(s)");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
