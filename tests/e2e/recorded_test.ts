import { assert, assertEquals } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
import { Pipeline, recordedTrades } from "./pipeline.ts";
import { recordedFile, replay } from "./replay.ts";

const services = await sharedServices();

/** Registers a test over recorded trades, or says that they are absent. */
function recordedTest(name: string, file: string, test: (path: string) => Promise<void>): void {
  integrationTest(`${name}: ${file}`, async () => {
    const path = await recordedFile(file);
    if (path !== undefined) await test(path);
    else console.warn(`${file} is absent: nothing was tested with recorded trades`);
  });
}

recordedTest(
  "real trades of two symbols over midnight arrive exactly once, and again after a replay from the beginning",
  "binance_spot_btc_eth_20240808",
  async (path) => {
    const trades = await recordedTrades(path);
    assertEquals(trades.length, 15_863);
    await using pipeline = await Pipeline.setUp(services, "btc-eth");
    const { processor, producer, simulator } = await replay(
      pipeline,
      path,
      ["BINANCE:BTCUSDT", "BINANCE:ETHUSDT"],
      trades.length,
    );
    await assertStored(pipeline, trades);
    const rows = await pipeline.rows("SELECT symbol FROM trades");
    const of = (symbol: string) => rows.filter((row) => row.get("symbol") === symbol).length;
    assertEquals([of("BINANCE:BTCUSDT"), of("BINANCE:ETHUSDT")], [9757, 6106]);
    assertEquals((await producer.readiness()).status, 200);
    await until("the processor to be ready", async () => {
      const { status, text } = await processor.readiness();
      return status === 200 ? true : text;
    });

    const stopped = await processor.stop();
    assertEquals(stopped.code, 0);
    assert(stopped.ms < 10_000, `stopped after ${stopped.ms} ms`);
    const admin = await pipeline.admin();
    await admin.resetOffsets({ groupId: pipeline.topic, topic: pipeline.topic, earliest: true });
    const again = pipeline.start("processor");
    await until("the second processor to write every trade again", async () => {
      const out = await again.metric("finnhub_pipe_processor_trades_out_total");
      return out === trades.length ? true : `${out}`;
    });
    await pipeline.drained();
    await assertStored(pipeline, trades);

    for (const role of [producer, simulator, again]) {
      assertEquals((await role.stop()).code, 0, role.name);
      assert(!(role.stderr + role.stdout).includes("e2e-secret-token"), `${role.name} told its token`);
    }
  },
);

recordedTest("half a day of real trades arrives exactly once", "binance_spot_ltc_20250621", async (path) => {
  const trades = await recordedTrades(path);
  assertEquals(trades.length, 53_325);
  await using pipeline = await Pipeline.setUp(services, "ltc");
  await replay(pipeline, path, ["BINANCE:LTCUSDT"], trades.length);
  await assertStored(pipeline, trades);
});

recordedTest("trades of six symbols arrive exactly once", "bybit_20260809", async (path) => {
  const trades = await recordedTrades(path);
  assertEquals(trades.length, 347);
  await using pipeline = await Pipeline.setUp(services, "bybit");
  await replay(pipeline, path, [...new Set(trades.map(({ symbol }) => symbol))], trades.length);
  await assertStored(pipeline, trades);
});
