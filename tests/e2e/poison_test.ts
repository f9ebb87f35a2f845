import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { decodeMessage, encodeMessage, SCHEMA_HEADER, SCHEMA_ID } from "../../src/market/message.ts";
import { type Trade, tradeFault } from "../../src/market/trade.ts";
import { seededRandom } from "../../src/finnhub/random.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import { readTopic, writeTopic } from "./topic.ts";

const services = await sharedServices();

const NOW = Date.now();
const good: Trade = { symbol: "X", price: 10, volume: 2, time: NOW - 60_000, conditions: [] };

integrationTest(
  "what cannot be used is dead-lettered with its story, and what follows is stored",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "poison");
    const poison: [value: Uint8Array | null, error: string, badTrades?: string][] = [
      [new Uint8Array([0xff, 0xff, 0xff]), "ends too early"],
      [null, "empty value"],
      [new Uint8Array(), "empty value"],
      [encodeMessage([{ ...good, price: NaN }]), "price not finite"],
      [encodeMessage([{ ...good, time: 5 }]), "time before 2000"],
      [encodeMessage([{ ...good, time: NOW + 3 * 86_400_000 }]), "more than a day ahead"],
      [
        encodeMessage([good, { ...good, volume: -1 }, { ...good, symbol: "" }]),
        "volume not finite or negative",
        "1,2",
      ],
      [encodeMessage([{ ...good, symbol: "Y".repeat(65) }]), "longer than 64"],
    ];
    await writeTopic(pipeline, [...poison.map(([value]) => value), encodeMessage([good])]);
    const processor = pipeline.start("processor");
    await pipeline.drained();
    await assertStored(pipeline, [good, good]);

    const letters = await readTopic(pipeline, `${pipeline.topic}.dlq`);
    const header = (letter: typeof letters[number], name: string) => letter.headers?.[name]?.toString();
    const byOffset = new Map(letters.map((letter) => [Number(header(letter, "source-offset")), letter]));
    assertEquals(byOffset.size, poison.length);
    poison.forEach(([value, error, badTrades], offset) => {
      const letter = byOffset.get(offset)!;
      // An empty value comes back from Kafka as one of length 0, none as none.
      assertEquals(letter.value === null ? null : [...letter.value], value === null ? null : [...value]);
      assertStringIncludes(header(letter, "error")!, error);
      assertEquals(header(letter, "source-topic"), pipeline.topic);
      assert(header(letter, "source-partition") !== undefined);
      assert(!Number.isNaN(Date.parse(header(letter, "time")!)));
      assertEquals(header(letter, "bad-trades"), badTrades);
    });
    assertEquals(await processor.metric("finnhub_pipe_processor_dead_letters_total"), poison.length);
    assertEquals(await processor.metric("finnhub_pipe_processor_trades_rejected_total"), 6);
    assertEquals((await processor.stop()).code, 0);
  },
);

integrationTest(
  "a message says with which schema it was written; one that is not known is dead-lettered",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "schema");
    const unknown = "0123456789abcdef0123456789abcdef";
    await writeTopic(pipeline, [encodeMessage([good])], "X", { [SCHEMA_HEADER]: unknown });
    await writeTopic(pipeline, [encodeMessage([good])], "X", { [SCHEMA_HEADER]: SCHEMA_ID });
    pipeline.start("processor");
    await pipeline.drained();
    await assertStored(pipeline, [good]);
    const [letter] = await readTopic(pipeline, `${pipeline.topic}.dlq`);
    assertStringIncludes(letter!.headers!.error!.toString(), unknown);

    const simulator = await pipeline.simulator(["--symbols", "A", "--rate", "50"]);
    pipeline.start("producer", ["--tickers", "A"], simulator.env);
    await until("the producer's messages", async () => await pipeline.messages() > 4 || "none yet");
    const written = (await readTopic(pipeline, pipeline.topic)).slice(2);
    assertEquals(
      new Set(written.map(({ headers }) => headers![SCHEMA_HEADER]?.toString())),
      new Set([SCHEMA_ID]),
    );
  },
);

integrationTest("none of 10,000 mutated messages stops a partition, and none is lost", async () => {
  await using pipeline = await Pipeline.setUp(services, "fuzz");
  const random = seededRandom(20_240_808);
  const below = (limit: number) => Math.floor(random() * limit);
  const values = Array.from({ length: 10_000 }, (_, i) => {
    const bytes = new Uint8Array(
      encodeMessage([{ ...good, price: i }, { ...good, conditions: ["1", "12"] }]),
    );
    for (let flips = below(4); flips >= 0; flips--) bytes[below(bytes.length)] = below(256);
    return random() < 0.2 ? bytes.slice(0, below(bytes.length)) : bytes;
  });
  let usable = 0;
  let letters = 0;
  for (const value of values) {
    try {
      const { data } = decodeMessage(value);
      const bad = data.filter(({ p, s, t, v }) => tradeFault(s, p, v, t, NOW) !== undefined).length;
      usable += data.length - bad;
      letters += bad > 0 ? 1 : 0;
    } catch {
      letters++;
    }
  }
  await writeTopic(pipeline, values);
  const processor = pipeline.start("processor");
  await pipeline.drained(120_000);
  assertEquals(await processor.metric("finnhub_pipe_processor_trades_out_total"), usable);
  assertEquals(await pipeline.messages(`${pipeline.topic}.dlq`), letters);
  assertEquals((await pipeline.rows("SELECT uuid FROM trades")).length, usable);
  assert(usable > 1000 && letters > 1000, `${usable} usable, ${letters} letters`);
});
