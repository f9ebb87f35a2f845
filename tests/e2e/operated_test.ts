import { assert, assertEquals } from "@std/assert";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { assertStored } from "./check.ts";
import { OperatedServers, passwordOf } from "./operated_servers.ts";
import { Pipeline } from "./pipeline.ts";
import { TradeStream } from "./trade_stream.ts";

const HOUR = 3_600_000;
const LOAD = { symbols: 4, messagesPerSecond: 50, tradesPerMessage: 5 };

/** Stores trades while `work` is done to the servers; resolves to them when all are stored and committed. */
async function meanwhile(
  pipeline: Pipeline,
  seed: number,
  work: () => Promise<void>,
): Promise<readonly Trade[]> {
  const processor = pipeline.start("processor");
  const stored = () => processor.metric("finnhub_pipe_processor_trades_out_total");
  const goesOn = async () => {
    const before = await stored();
    await until("500 more trades to be stored", async () => await stored() > before + 500 || "they are not");
  };
  await using stream = await TradeStream.start(pipeline, { ...LOAD, seed });
  await goesOn();
  await work();
  await goesOn();
  const trades = await stream.stop();
  await pipeline.drained();
  assertEquals((await processor.stop()).code, 0);
  assert(!/pass-4711/.test(processor.stdout + processor.stderr), "a password was printed");
  return trades;
}

integrationTest(
  "servers are moved to TLS step by step, and their CA follows another, while every trade is stored once",
  async (t) => {
    await using servers = await OperatedServers.start();
    const replication = {
      KAFKA_PARTITIONS: "3",
      KAFKA_REPLICATION: "3",
      CASSANDRA_REPLICATION: "3",
    };
    await using plain = await Pipeline.setUp(servers.services, "operated", replication);
    const trades: Trade[] = [];

    await t.step(
      "clients on plain TCP go on while servers offer TLS, and then use it themselves",
      async () => {
        const stored = await meanwhile(plain, 1, async () => {
          servers.transport = "offered";
          await servers.roll();
          servers.transport = "preferred";
          await servers.roll();
        });
        trades.push(...stored);
        await assertStored(plain, trades);
      },
    );

    const endpoints = servers.endpoints();
    await using secure = await Pipeline.of(endpoints, plain.topic, {
      ...replication,
      KAFKA_SERVER: endpoints.kafka.bootstrap.join(","),
      KAFKA_TLS: "true",
      KAFKA_CA_FILE: `${servers.folder}/ca.crt`,
      KAFKA_SASL_MECHANISM: "plain",
      KAFKA_USER: "processor",
      KAFKA_PASSWORD: passwordOf("processor"),
      CASSANDRA_TLS: "true",
      CASSANDRA_CA_FILE: `${servers.folder}/ca.crt`,
      CASSANDRA_SERVER_NAME: "cassandra",
    });

    await t.step(
      "clients on TLS go on while servers close plain TCP, and while the CA follows another",
      async () => {
        const stored = await meanwhile(secure, 2, async () => {
          servers.transport = "required";
          assertEquals(
            await servers.advance(Date.now()),
            "the next CA was made, and is trusted beside the present one",
          );
          await servers.roll();
          assertEquals(await servers.advance(Date.now() + HOUR), "the next CA signs from now on");
          await servers.roll();
        });
        trades.push(...stored);
        await assertStored(secure, trades);
      },
    );
  },
  true,
);
