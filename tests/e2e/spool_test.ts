/** A producer that is killed while Kafka is away. */
import { assert, assertEquals } from "@std/assert";
import { FileSpool } from "../../src/embedded/spool.ts";
import { decodeMessage } from "../../src/market/message.ts";
import { integrationTest } from "../needs.ts";
import { startKafka, startZooKeeper, until } from "../services/mod.ts";
import { RunningRole } from "./role.ts";

const TOPIC = "market";

integrationTest(
  "with --spool, a producer that is killed while Kafka is away loses nothing that it received, far beyond its buffer",
  async () => {
    const folder = await Deno.makeTempDir();
    await using zookeeper = await startZooKeeper();
    await using kafka = await startKafka({ zookeeper });
    const { Kafka, logLevel } = await import("kafkajs");
    const client = new Kafka({ brokers: kafka.bootstrap, logLevel: logLevel.NOTHING });
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 2 }], waitForLeaders: true });
    await admin.disconnect();
    await kafka.servers[0]!.kill("SIGKILL");

    await using simulator = new RunningRole("simulator", [
      ...["--listen", "127.0.0.1:0", "--symbols", "A,IC MARKETS:1,C", "--rate", "800"],
    ], {});
    const [, ws] = await simulator.says(/FINNHUB_WS_URL=(\S+)/);
    const env = {
      FINNHUB_WS_URL: ws!,
      FINNHUB_API_TOKEN: "spool-token",
      FINNHUB_STOCKS_TICKERS: "A,IC MARKETS:1,C",
      KAFKA_SERVER: kafka.bootstrap[0]!,
      PRODUCER_BUFFER_TRADES: "100",
      PRODUCER_SPOOL: folder,
    };
    const received = (producer: RunningRole) => producer.metric("finnhub_pipe_producer_trades_in_total");
    let before: number;
    {
      await using first = new RunningRole("producer", [], env);
      await first.says(/producer started/);
      await until(
        "2,000 trades to be received",
        async () => await received(first) >= 2000 || "fewer",
      );
      before = await received(first);
      assertEquals(await first.metric("finnhub_pipe_producer_trades_shed_total"), 0);
      Deno.kill(first.pid, "SIGKILL");
      await until("its end", () => Promise.resolve(first.ended !== undefined || "it runs"));
    }
    await simulator.stop();
    const kept: string[] = [];
    {
      using spool = new FileSpool(folder);
      for (let rows = spool.read(0, 1000); rows.length > 0; rows = spool.read(rows.at(-1)!.id, 1000)) {
        for (const { parcel } of rows) {
          for (const { price, symbol, time, volume } of parcel.trades) {
            kept.push(JSON.stringify([symbol, time, price, volume]));
          }
        }
      }
    }
    assert(kept.length >= before, `${kept.length} of ${before} trades are kept`);

    await kafka.servers[0]!.restart();
    await using second = new RunningRole("producer", [], env);
    await second.says(/producer started/);
    await until("the spool to be sent", async () => {
      const sent = await second.metric("finnhub_pipe_producer_trades_out_total");
      return sent >= kept.length || `${sent} of ${kept.length}`;
    });
    await second.stop();

    const consumer = client.consumer({ groupId: "reader", maxWaitTimeInMs: 50 });
    const found: string[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => {
        for (const { p, s, t, v } of decodeMessage(message.value).data) {
          found.push(JSON.stringify([s, t, p, v]));
        }
        return Promise.resolve();
      },
    });
    await until(
      "every trade to be read",
      () => Promise.resolve(found.length >= kept.length || `${found.length}`),
    );
    await consumer.disconnect();
    assertEquals(found.toSorted(), kept.toSorted());
    using spool = new FileSpool(folder);
    assertEquals(spool.trades(), 0);
    await Deno.remove(folder, { recursive: true });
  },
  true,
);
