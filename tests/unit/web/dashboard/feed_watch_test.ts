import { assertEquals } from "@std/assert";
import { FeedWatch } from "../../../../src/web/dashboard/feed_watch.ts";
import { silent } from "../../processing/fakes.ts";

Deno.test("the producer's metrics tell whether the feed is connected, its gaps, and which symbols it refuses", async () => {
  const stop = new AbortController();
  const answers = [
    'finnhub_pipe_feed_connected 1\nfinnhub_pipe_feed_gap_seconds_total 2.5\nfinnhub_pipe_feed_symbol_refused{symbol="X:B"} 1\n',
    "finnhub_pipe_feed_connected 0\nfinnhub_pipe_feed_gap_seconds_total 2.5\n",
    undefined,
  ];
  const seen: unknown[] = [];
  const watch: FeedWatch = new FeedWatch({
    producer: new URL("http://producer:8081"),
    fetch: () => {
      if (asked > 0) seen.push(watch.numbers);
      const answer = answers[asked++];
      if (asked > answers.length) stop.abort();
      return answer === undefined ? Promise.reject(new Error("away")) : Promise.resolve(new Response(answer));
    },
    log: silent,
    pause: 0,
  });
  let asked = 0;
  await watch.run(stop.signal);
  assertEquals(seen, [
    { connected: true, gapSeconds: 2.5, feed: { source: "finnhub", refused: { "X:B": "" } } },
    { connected: false, gapSeconds: 2.5, feed: { source: "finnhub", refused: {} } },
    {},
  ]);
});
