import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../src/finnhub/random.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import type { RunningRole } from "./role.ts";
import { TradeStream } from "./trade_stream.ts";

const services = await sharedServices();

const KILLS = 20;
/** A short session, so that the partitions of a killed processor soon find another owner. */
const SESSION = ["--session-timeout", "1s", "--flush-interval", "200ms"];

const joined = (processor: RunningRole) => processor.says(/partitions assigned/);

async function stored(processor: RunningRole, atLeast: number): Promise<void> {
  await until(`${atLeast} trades to be stored`, async () => {
    const out = await processor.metric("finnhub_pipe_processor_trades_out_total");
    return out >= atLeast ? true : `${out}`;
  });
}

integrationTest(
  `${KILLS} kills at random moments under load leave every trade once and every window right`,
  async () => {
    await using pipeline = await Pipeline.setUp(services, "kills", { KAFKA_PARTITIONS: "2" });
    const random = seededRandom(4);
    let owners = [pipeline.start("processor", SESSION), pipeline.start("processor", SESSION)];
    await Promise.all(owners.map(joined));
    await using stream = await TradeStream.start(pipeline, {
      symbols: 6,
      messagesPerSecond: 400,
      tradesPerMessage: 3,
      seed: 4,
      pace: 20,
      lateness: (random) => random() < 0.1 ? random() * 600_000 : random() * 3000,
    });
    for (let kill = 0; kill < KILLS; kill++) {
      await new Promise((resolve) => setTimeout(resolve, random() * 800));
      // One after the other, so that the partitions go from hand to hand.
      const [victim, survivor] = owners as [RunningRole, RunningRole];
      await victim.stop("SIGKILL");
      const next = pipeline.start("processor", SESSION);
      owners = [survivor, next];
      await joined(next);
    }
    const trades = await stream.stop();
    await pipeline.drained();
    await assertStored(pipeline, trades);
    assert(trades.length > 10_000, `only ${trades.length} trades were sent`);
  },
);

integrationTest("processors join and leave, and the group goes on without a gap", async () => {
  await using pipeline = await Pipeline.setUp(services, "members", { KAFKA_PARTITIONS: "4" });
  await using stream = await TradeStream.start(pipeline, {
    symbols: 8,
    messagesPerSecond: 300,
    tradesPerMessage: 3,
    seed: 5,
  });
  const first = pipeline.start("processor", SESSION);
  await stored(first, 300);
  const second = pipeline.start("processor", SESSION);
  await stored(second, 300);
  const third = pipeline.start("processor", SESSION);
  await stored(third, 300);
  assertEquals((await first.stop()).code, 0);
  assertEquals((await third.stop()).code, 0);
  const before = await second.metric("finnhub_pipe_processor_trades_out_total");
  await stored(second, before + 1000);
  const trades = await stream.stop();
  await pipeline.drained();
  await assertStored(pipeline, trades);
});

integrationTest("a processor frozen past its session overwrites nothing when it thaws", async () => {
  await using pipeline = await Pipeline.setUp(services, "frozen", { KAFKA_PARTITIONS: "2" });
  const frozen = pipeline.start("processor", SESSION);
  await joined(frozen);
  await using stream = await TradeStream.start(pipeline, {
    symbols: 4,
    messagesPerSecond: 400,
    tradesPerMessage: 3,
    seed: 6,
  });
  await stored(frozen, 500);
  for (let round = 0; round < 3; round++) {
    frozen.kill("SIGSTOP");
    const owner = pipeline.start("processor", SESSION);
    await stored(owner, 1500);
    frozen.kill("SIGCONT");
    const before = await owner.metric("finnhub_pipe_processor_trades_out_total");
    await stored(owner, before + 300);
    assertEquals((await owner.stop()).code, 0);
  }
  const trades = await stream.stop();
  await pipeline.drained();
  await assertStored(pipeline, trades);
});
