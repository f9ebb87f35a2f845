import { assertEquals } from "@std/assert";
import { parseSpan } from "../../src/market/following/span.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import { pythonAvro } from "./python_avro.ts";
import { readTopic, writeTopic } from "./topic.ts";

const services = await sharedServices();

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

integrationTest(
  "messages on the topic decode with Python's Avro package and the original schema",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "to-python");
    const simulator = await pipeline.simulator(["--symbols", "AAPL,BINANCE:BTCUSDT", "--rate", "2000"]);
    const producer = pipeline.start("producer", ["--tickers", "AAPL,BINANCE:BTCUSDT"], simulator.env);
    await until("500 trades on the topic", async () => {
      const sent = await producer.metric("finnhub_pipe_producer_trades_out_total");
      return sent >= 500 ? true : `${sent}`;
    });
    assertEquals((await producer.stop()).code, 0);
    const messages = await readTopic(pipeline, pipeline.topic);
    const decoded = (await pythonAvro("decode", messages.map(({ value }) => hex(value!)))).map((line) =>
      JSON.parse(line)
    );
    const trades = decoded.flatMap(({ data }) => data);
    const kinds = new Set(trades.map(({ c }) => JSON.stringify(c)));
    assertEquals(kinds, new Set(["null", '["1"]', '["1","12"]']));
    decoded.forEach(({ data, type }, i) => {
      const key = messages[i]!.key!.toString();
      // What is told of the feed has no trades, and the symbol in its type.
      if (data.length === 0) assertEquals(parseSpan(type, Date.now()).symbol, key);
      else assertEquals(type, "trade");
      for (const { s } of data) assertEquals(s, key, "one symbol a message, its key");
    });
    const told = decoded.filter(({ data }) => data.length === 0).map(({ type }) => type.split(":")[0]);
    assertEquals(new Set(told), new Set(["followed", "gap"]));
  },
);

integrationTest("messages made by Python's Avro package are processed", async () => {
  await using pipeline = await Pipeline.setUp(services, "from-python");
  const time = Date.UTC(2024, 1, 29, 23, 59, 59, 999);
  const data = [
    { c: null, p: 1.5, s: "X", t: time, v: 0 },
    { c: [], p: 2.5, s: "X", t: time, v: 1 },
    { c: ["1", null, "12"], p: 0.1, s: "X", t: time + 1, v: 0.2 },
  ];
  const lines = [JSON.stringify({ data, type: "trade" }), JSON.stringify({ data: [], type: "trade" })];
  await writeTopic(pipeline, (await pythonAvro("encode", lines)).map(bytes));
  pipeline.start("processor");
  await pipeline.drained();
  await assertStored(
    pipeline,
    data.map(({ p, s, t, v }) => ({ symbol: s, price: p, volume: v, time: t, conditions: [] })),
  );
  const rows = await pipeline.rows("SELECT price, trade_conditions FROM trades");
  const conditions = new Map(rows.map((row) => [row.get("price"), row.get("trade_conditions")]));
  assertEquals(conditions, new Map([[1.5, null], [2.5, null], [0.1, ["1", "12"]]]));
  assertEquals(await pipeline.messages(`${pipeline.topic}.dlq`), 0);
});
