import { assert } from "@std/assert";
import { seededRandom } from "../../src/finnhub/random.ts";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import { writeTopic } from "./topic.ts";

const services = await sharedServices();

const DAY = 86_400_000;

integrationTest(
  "trades hours late, days late and shuffled land in windows that were long forgotten",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "late");
    const random = seededRandom(11);
    const end = Date.now();
    const trade = (symbol: string, time: number): Trade => ({
      symbol,
      price: Math.round(random() * 1e4) / 100,
      volume: Math.round(random() * 1e3) / 100,
      time: Math.floor(time),
      conditions: [],
    });
    const bySymbol = new Map<string, Trade[]>();
    for (const symbol of ["IN", "MIXED"]) {
      // In order first; then what comes hours and days late; all of the second symbol in no order at all.
      const orderly = Array.from({ length: 2000 }, (_, i) => trade(symbol, end - 4 * 3_600_000 + i * 7000));
      const late = Array.from({ length: 1000 }, () => trade(symbol, end - random() * 4 * 3_600_000));
      const veryLate = Array.from({ length: 500 }, () => trade(symbol, end - 40 * DAY - random() * 2 * DAY));
      const all = [...orderly, ...late, ...veryLate];
      if (symbol === "MIXED") all.sort(() => random() - 0.5);
      bySymbol.set(symbol, all);
    }
    for (const [symbol, trades] of bySymbol) {
      const messages: Uint8Array[] = [];
      for (let i = 0; i < trades.length; i += 2) messages.push(encodeMessage(trades.slice(i, i + 2)));
      await writeTopic(pipeline, messages, symbol);
    }
    const processor = pipeline.start("processor", [
      "--max-windows",
      "300",
      "--fetch-bytes",
      "4096",
      "--flush-interval",
      "50ms",
    ]);
    await pipeline.drained(120_000);
    await assertStored(pipeline, [...bySymbol.values()].flat());
    const readBack = await processor.metric("finnhub_pipe_processor_windows_read_back_total");
    assert(readBack > 1000, `${readBack} windows were read back`);
  },
);
