import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Misbehaviour } from "../../src/settings/settings.ts";
import { integrationTest } from "../needs.ts";
import { ALL, FeedBench, FRAMES, holds, PER_FRAME, type RunningFeed, SYMBOLS } from "./feed_bench.ts";

/** Plays everything with one kind of fault, and sees that it did happen. */
async function survives(
  kind: Misbehaviour,
  check: (feed: RunningFeed, faults: number) => void,
  { every = 40, expected = () => ALL.length, idleTimeout = 20_000 }: {
    /** Mean number of frames between two faults. */
    every?: number;
    /** How many trades arrive in the end. */
    expected?: (faults: number) => number;
    idleTimeout?: number;
  } = {},
): Promise<void> {
  await using bench = new FeedBench({ misbehave: [kind], misbehaveEvery: every });
  const feed = bench.feed({ idleTimeout });
  await bench.simulator.finished;
  const faults = bench.faults(kind);
  assert(faults >= 3, `only ${faults} faults of kind ${kind}`);
  await holds(`${expected(faults)} trades to arrive`, () => feed.trades.length === expected(faults));
  check(feed, faults);
}

integrationTest("dropped connections lose and double no trade of a replay that waits", async () => {
  await survives("drop", (feed, faults) => {
    assertEquals(feed.ids(), ALL);
    assert(feed.count("reconnects_total") >= faults - 1);
    assert(feed.count("gap_seconds_total") > 0.1 * (faults - 1));
  });
});

integrationTest(
  "a connection that goes silent is replaced, and only the frame it swallowed is lost",
  async () => {
    await survives("hang", (feed, faults) => {
      const came = new Set(feed.ids());
      assertEquals(came.size, feed.trades.length, "a trade came twice");
      const lost = ALL.filter((id) => !came.has(id));
      assertEquals(new Set(lost.map((id) => Math.floor((id - 1) / PER_FRAME))).size, faults);
      assert(feed.count("reconnects_total") >= faults - 1);
    }, { expected: (faults) => ALL.length - PER_FRAME * faults, every: 80, idleTimeout: 500 });
  },
);

integrationTest("junk and binary frames are counted and passed over", async () => {
  await survives("junk", (feed, faults) => {
    assertEquals(feed.ids(), ALL);
    // Among the junk is a frame of trades none of whose three entries is one.
    assertEquals(feed.count("junk_frames_total") + feed.count("malformed_trades_total") / 3, faults);
    assertEquals([feed.connected(), feed.count("reconnects_total")], [true, 0]);
  });
});

integrationTest("oversized frames are passed over", async () => {
  await survives("oversize", (feed, faults) => {
    assertEquals(feed.ids(), ALL);
    assertEquals([feed.count("junk_frames_total"), feed.count("reconnects_total")], [faults, 0]);
  });
});

integrationTest("error frames are counted and lose nothing", async () => {
  await survives("errors", (feed, faults) => {
    assertEquals(feed.ids(), ALL);
    assertEquals([feed.count("errors_total"), feed.count("reconnects_total")], [faults, 0]);
  });
});

integrationTest("duplicated frames arrive twice and all others once", async () => {
  await survives("duplicates", (feed, faults) => {
    assertEquals([...new Set(feed.ids())], ALL);
    assertEquals(feed.count("frames_total"), FRAMES + faults);
  }, { expected: (faults) => ALL.length + PER_FRAME * faults });
});

integrationTest("frames whose times go backwards arrive whole and as they are", async () => {
  await survives("disorder", (feed, faults) => {
    const ids = feed.ids();
    assertEquals(ids.toSorted((a, b) => a - b), ALL);
    assertEquals(ids.filter((id, i) => id < ids[i - 1]!).length, (PER_FRAME - 1) * faults);
  });
});

integrationTest(
  "all faults at once: every trade arrives but those of swallowed frames, none invented",
  async () => {
    const kinds = ["drop", "hang", "junk", "duplicates", "disorder", "oversize", "errors"] as const;
    await using bench = new FeedBench({ misbehave: kinds, misbehaveEvery: 15 });
    const feed = bench.feed({ idleTimeout: 500 });
    await bench.simulator.finished;
    assertEquals(kinds.filter((kind) => bench.faults(kind) === 0), [], "faults that never happened");
    const expected = FRAMES - bench.faults("hang");
    await holds(
      "all frames to arrive that were sent",
      () => new Set(feed.ids()).size === PER_FRAME * expected,
    );
    assertEquals(feed.trades.length, PER_FRAME * (expected + bench.faults("duplicates")));
  },
);

integrationTest(
  "20,000 frames under faults of all kinds: what was counted is what was sent, and nothing is left over",
  async () => {
    const frames = 20_000;
    const source = {
      symbols: SYMBOLS,
      waitsForClient: true,
      async *frames() {
        for (let frame = 0; frame < frames; frame++) {
          const pair = [2 * frame, 2 * frame + 1];
          yield {
            due: 0,
            trades: pair.map((id) => ({ s: SYMBOLS[id % 3]!, p: id + 1, t: 1_700_000_000_000 + id, v: 1 })),
          };
        }
      },
    };
    // A kind that is named more often happens more often; drops and hangs cost a wait each.
    const often = ["junk", "duplicates", "disorder", "errors"] as const;
    const kinds = [
      ...often,
      ...often,
      ...often,
      ...often,
      ...often,
      ...often,
      "oversize",
      "drop",
      "hang",
    ] as const;
    await using bench = new FeedBench({ source, misbehave: kinds, misbehaveEvery: 100 });
    const feed = bench.feed({ idleTimeout: 1000 });
    await bench.simulator.finished;
    const faults = (kind: typeof kinds[number]) => bench.faults(kind);
    assertEquals(kinds.filter((kind) => faults(kind) === 0), [], "faults that never happened");
    const expected = 2 * (frames - faults("hang") + faults("duplicates"));
    await holds("the last trade to arrive", () => feed.trades.length >= expected);
    const ids = feed.ids();
    assertEquals([ids.length, new Set(ids).size], [expected, 2 * (frames - faults("hang"))]);
    assertEquals(ids.filter((id, i) => id < ids[i - 1]!).length, faults("duplicates") + faults("disorder"));
    assertEquals(feed.count("errors_total"), faults("errors"));
    // One shape of junk is a frame of three entries that are no trades.
    assertEquals(
      feed.count("junk_frames_total") + feed.count("malformed_trades_total") / 3,
      faults("junk") + faults("oversize"),
    );
    // The feed notices a loss at the very end only after the market's end.
    const losses = faults("drop") + faults("hang");
    await holds("the last loss to be noticed", () => feed.count("reconnects_total") >= losses);
    await holds("the feed to be connected", () => feed.connected());
    assertEquals(feed.count("reconnects_total"), losses);
    assert(feed.count("gap_seconds_total") >= 0.1 * (losses - 1) + 0.9 * (faults("hang") - 1));
    assertStringIncludes(bench.registry.text(), "\nfinnhub_pipe_simulator_clients 1\n");
  },
);
