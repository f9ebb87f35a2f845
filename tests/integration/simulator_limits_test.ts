import { assert, assertEquals, assertRejects } from "@std/assert";
import type { MarketSource } from "../../src/finnhub/simulator/market_source.ts";
import { openReplay } from "../../src/finnhub/simulator/replay.ts";
import { startSimulator } from "../../src/finnhub/simulator/simulator.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { integrationTest } from "../needs.ts";
import { FeedBench, holds, numbered, TOKEN } from "./feed_bench.ts";
import { BareClient, RawClient, subscribe, trade } from "./simulator_clients.ts";

integrationTest(
  "a reader that stops and goes gets each of 200,000 trades, and little is made ahead of it",
  async () => {
    const [frames, perFrame] = [10_000, 20];
    const codes = Array<string>(10).fill("x".repeat(10));
    const source = {
      symbols: ["C"],
      waitsForClient: true,
      played: 0,
      async *frames() {
        for (; source.played < frames; source.played++) {
          const first = perFrame * source.played;
          yield {
            due: 0,
            trades: Array.from({ length: perFrame }, (_, i) => ({ ...trade("C", first + i), c: codes })),
          };
        }
      },
    };
    await using bench = new FeedBench({ source });
    using client = await BareClient.connect(bench, "C");
    /** Resolves when the market has stood still for 200 ms. */
    const halted = async () => {
      let [before, since] = [-1, performance.now()];
      await holds("the market to halt", () => {
        if (source.played !== before) [before, since] = [source.played, performance.now()];
        return source.played > 0 && performance.now() - since > 200;
      });
    };
    for (let stop = 1; stop <= 3; stop++) {
      await halted();
      assert(source.played < frames, "all was made for a client that had not read it");
      // About 4 kB a frame: 1 MiB in the simulator, and what the two kernel buffers take.
      const ahead = source.played - client.prices.length / perFrame;
      assert(ahead < 4000, `${ahead} frames were made ahead of the reader`);
      const goal = stop * 0.2 * frames * perFrame;
      while (client.prices.length < goal) assert(await client.read());
    }
    while (client.prices.length < frames * perFrame) assert(await client.read());
    await bench.simulator.finished;
    assertEquals(bench.sent(), frames * perFrame);
    assert(client.prices.every((price, i) => price === i), "a trade is missing, doubled or out of order");
  },
);

integrationTest("a reader that keeps up gets each of 200,000 trades at greatest speed", async () => {
  const source: MarketSource = {
    symbols: ["C"],
    waitsForClient: true,
    async *frames() {
      for (let p = 0; p < 200_000; p += 5) {
        yield { due: 0, trades: Array.from({ length: 5 }, (_, i) => trade("C", p + i + 1)) };
      }
    },
  };
  await using bench = new FeedBench({ source });
  const feed = bench.feed({ symbols: ["C"] });
  await bench.simulator.finished;
  await holds("every trade", () => feed.trades.length === 200_000);
  assert(feed.ids().every((id, i) => id === i + 1), "a trade is missing, doubled or out of order");
  assertEquals(feed.count("reconnects_total"), 0);
});

integrationTest("a stop ends the simulator soon, whatever the market and its clients are at", async () => {
  const soon = async (what: string, bench: FeedBench, most: number) => {
    const start = performance.now();
    await bench.simulator.close();
    await bench.simulator.finished;
    const took = performance.now() - start;
    assert(took < most, `${what}: ${took} ms`);
  };
  await using before = new FeedBench();
  await soon("before the first subscription", before, 500);

  const tomorrow: MarketSource = {
    symbols: ["C"],
    waitsForClient: false,
    async *frames() {
      yield { due: 0, trades: [trade("C", 1)] };
      yield { due: 86_400_000, trades: [trade("C", 2)] };
    },
  };
  await using between = new FeedBench({ source: tomorrow });
  await using client = await RawClient.connect(between);
  client.socket.send(subscribe("C"));
  await holds("the first trade", () => client.prices().length > 0);
  await soon("between two frames that are a day apart", between, 500);
  await client.closed;
});

integrationTest("a stop does not wait longer than a second for a client that answers no close", async () => {
  await using bench = new FeedBench({ source: numbered(5) });
  using client = await BareClient.connect(bench, "C");
  await client.read();
  const start = performance.now();
  await bench.simulator.close();
  const took = performance.now() - start;
  assert(took < 2000, `${took} ms`);
});

integrationTest("a replay that is stopped half-way lets go of its file", async () => {
  const file = await Deno.makeTempFile({ suffix: ".ndjson.gz" });
  try {
    const line = (i: number) => `${JSON.stringify({ type: "trade", data: [trade("C", i + 1)] })}\n`;
    const text = new Blob(Array.from({ length: 50_000 }, (_, i) => line(i)));
    await Deno.writeFile(file, text.stream().pipeThrough(new CompressionStream("gzip")));
    // Deno's sanitizers see a file that is left open.
    const open = async (file: string) => (await Deno.open(file)).readable;
    const source = await openReplay({ file, speed: 1, loop: true, now: true, open });
    await using bench = new FeedBench({ source });
    const feed = bench.feed({ symbols: ["C"] });
    await holds("some trades", () => feed.trades.length > 100);
    assertEquals(feed.trades.map(({ price }) => price), feed.trades.map((_, i) => i + 1));
  } finally {
    await Deno.remove(file);
  }
});

integrationTest(
  "a market that fails says so to whom waits for its end, and the simulator still closes",
  async () => {
    const log = createLogger({ level: "error", format: "text", write: () => {}, now: Date.now });
    let reads = 0;
    const lines = [trade("C", 1), trade("C", 2)].map((each) =>
      JSON.stringify({ type: "trade", data: [each] })
    );
    const arrived = Promise.withResolvers<void>();
    // When it is played its disk fails after the first line.
    const failing = () =>
      new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull: async (controller) => {
          if (reads++ > 2) {
            await arrived.promise;
            throw new Error("Input/output error");
          }
          controller.enqueue(new TextEncoder().encode(`${lines[0]}\n`));
        },
      }, { highWaterMark: 0 });
    const source = await openReplay({
      file: "frames.ndjson",
      speed: Infinity,
      loop: false,
      now: false,
      open: () => Promise.resolve(reads++ === 0 ? new Blob([lines.join("\n")]).stream() : failing()),
    });
    const simulator = startSimulator({
      listen: { hostname: "127.0.0.1", port: 0 },
      source,
      token: TOKEN,
      symbolLimit: 50,
      pingInterval: 60_000,
      misbehave: [],
      misbehaveEvery: 40,
      seed: 1,
      log,
      registry: new MetricRegistry(),
    });
    const failed = assertRejects(
      () => simulator.finished,
      Error,
      "frames.ndjson cannot be read after line 1",
    );
    const client = new RawClient(simulator.wsUrl, TOKEN);
    client.socket.onopen = () => client.socket.send(subscribe("C"));
    await holds("what was good", () => client.prices().length === 1);
    arrived.resolve();
    await failed;
    await simulator.close();
    await client.closed;
  },
);
