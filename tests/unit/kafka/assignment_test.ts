import { assertEquals, assertRejects } from "@std/assert";
import type { EachBatchPayload } from "kafkajs";
import { Assignment, type LogPositions } from "../../../src/kafka/assignment.ts";
import { silent } from "../processing/fakes.ts";

/** A group member whose batches a test makes up. */
function member(positions: Partial<LogPositions> = {}, beat = 1000) {
  const seen: string[] = [];
  let busy: Promise<void> = Promise.resolve();
  let heartbeat = (): Promise<void> => Promise.resolve(void seen.push("heartbeat"));
  const atOnce = { now: 0, most: 0 };
  const stop = new AbortController();
  const assignment = new Assignment({
    handler: {
      process: async (partition, messages) => {
        atOnce.most = Math.max(atOnce.most, ++atOnce.now);
        await busy;
        atOnce.now--;
        seen.push(`${partition}: ${messages.map(({ offset }) => offset).join(" ")}`);
      },
      lost: (partition, from, to) => seen.push(`lost ${partition} ${from} ${to}`),
      rewound: (partition, next, end) => seen.push(`rewound ${partition} ${next} ${end}`),
    },
    beat,
    positions: {
      committed: () => Promise.resolve([10]),
      beginnings: () => Promise.resolve([0]),
      ...positions,
    },
    seek: (partition, offset) => seen.push(`seek ${partition} ${offset}`),
    log: silent,
    signal: stop.signal,
  });
  const deliver = (asked: number, offsets: number[], stale = false) =>
    assignment.deliver({
      batch: {
        partition: 0,
        fetchedOffset: String(asked),
        highWatermark: "1000",
        messages: offsets.map((offset) => ({ offset: String(offset), timestamp: "1", value: null })),
        lastOffset: () => String(offsets.at(-1)),
      },
      heartbeat: () => heartbeat(),
      isRunning: () => true,
      isStale: () => stale,
      resolveOffset: (offset: string) => seen.push(`resolved ${offset}`),
    } as unknown as EachBatchPayload);
  return {
    assignment,
    atOnce,
    deliver,
    seen,
    stop,
    keepBusy: (work: Promise<void>) => busy = work,
    beatBy: (beating: () => Promise<void>) => heartbeat = beating,
  };
}

Deno.test("batches that follow each other are handed on, also across offsets that hold no message", async () => {
  const { deliver, seen } = member();
  await deliver(10, [10, 11]);
  await deliver(12, [15]);
  await deliver(16, [16]);
  assertEquals(seen, ["0: 10 11", "resolved 11", "0: 15", "resolved 15", "0: 16", "resolved 16"]);
});

Deno.test("a batch that starts beyond what is committed is left out, and what lies between comes first", async () => {
  const { deliver, seen } = member();
  await deliver(20, [20, 21]);
  await deliver(10, [10, 11]);
  await deliver(20, [20, 21]);
  assertEquals(seen, ["seek 0 10", "0: 10 11", "resolved 11", "seek 0 12"]);
});

Deno.test("where nothing is committed, or the log has dropped what is, a partition starts at the log's beginning", async () => {
  for (const committed of [[-1], [], [3]]) {
    const positions = { committed: () => Promise.resolve(committed), beginnings: () => Promise.resolve([5]) };
    const { deliver, seen } = member(positions);
    await deliver(7, [7]);
    await deliver(5, [5, 6]);
    const lost = committed[0] === 3 ? ["lost 0 3 5"] : [];
    assertEquals(seen, ["seek 0 5", ...lost, "0: 5 6", "resolved 6"]);
  }
});

Deno.test("what ends after the group was joined anew moves nothing", async () => {
  const { assignment, deliver, keepBusy, seen } = member();
  const { promise, resolve } = Promise.withResolvers<void>();
  keepBusy(promise);
  const delivering = deliver(10, [10]);
  await new Promise((done) => setTimeout(done));
  assignment.end();
  resolve();
  await delivering;
  await deliver(11, [11]);
  assertEquals(seen, ["0: 10"]);
});

Deno.test("a batch from before a seek is left out", async () => {
  const { deliver, seen } = member();
  await deliver(10, [10], true);
  assertEquals(seen, []);
});

Deno.test("heartbeats go on while a batch is processed, until the reader is stopped", async () => {
  const { deliver, keepBusy, seen, stop } = member({}, 5);
  keepBusy(Promise.withResolvers<void>().promise);
  const delivering = deliver(10, [10]);
  while (seen.length < 3) await new Promise((done) => setTimeout(done, 1));
  stop.abort();
  await delivering;
  assertEquals(new Set(seen), new Set(["heartbeat"]));
});

Deno.test("a batch that comes again while it is still being processed waits for that", async () => {
  const { atOnce, beatBy, deliver, keepBusy, seen } = member({}, 5);
  const { promise, resolve } = Promise.withResolvers<void>();
  keepBusy(promise);
  beatBy(() => Promise.reject(new Error("the broker is away")));
  await assertRejects(() => deliver(10, [10]), Error, "the broker is away");
  await assertRejects(() => deliver(10, [10]), Error, "the broker is away");
  const beating = Promise.withResolvers<void>();
  beatBy(() => Promise.resolve(beating.resolve()));
  const again = deliver(10, [10]);
  await beating.promise;
  resolve();
  await again;
  assertEquals(atOnce.most, 1);
  assertEquals(seen, ["0: 10", "0: 10", "resolved 10"]);
});

Deno.test("positions that cannot be had are asked for again", async () => {
  let asked = 0;
  const committed = () => asked++ === 0 ? Promise.reject(new Error("no coordinator")) : Promise.resolve([10]);
  const { deliver, seen } = member({ committed });
  await assertRejects(() => deliver(10, [10]), Error, "no coordinator");
  await deliver(10, [10]);
  assertEquals(seen, ["0: 10", "resolved 10"]);
});

Deno.test("a log that drops what was next, and one that ends before it, are told of", async () => {
  const { deliver, seen } = member({ beginnings: () => Promise.resolve([20]) });
  await deliver(10, [10, 11]);
  await deliver(20, [20]);
  await deliver(0, [0]);
  assertEquals(seen.filter((line) => !/^0:|resolved/.test(line)), ["lost 0 12 20", "rewound 0 21 1000"]);
});
