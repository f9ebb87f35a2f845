import { assert, assertEquals } from "@std/assert";
import { Following, SETTLED_MS } from "../../../src/finnhub/following.ts";
import { seededRandom } from "../../../src/finnhub/random.ts";
import { completeness } from "../../../src/market/following/completeness.ts";
import { type FeedSpan, parseSpan, spanText } from "../../../src/market/following/span.ts";
import { Bench, PING, START } from "./feed_bench.ts";

/** A following and what it tells, as short texts with seconds since the start. */
function following() {
  const told: string[] = [];
  const made = new Following((spans) => told.push(...spans.map(short)));
  return { made, told, take: () => told.splice(0) };
}

const seconds = (time: number | undefined) => time === undefined ? "" : (time - START) / 1000;
const short = ({ from, kind, symbol, to, why }: FeedSpan) =>
  `${symbol} ${kind} ${seconds(from)}-${seconds(to)} ${why}`.trim();
const at = (second: number) => START + second * 1000;

Deno.test("a symbol is followed from its first trade on, a quiet one when it was not refused for ten seconds", () => {
  const { made, take } = following();
  made.asked("A", at(0));
  made.asked("B", at(0));
  made.frame(at(1));
  made.traded("A", at(0.9), at(1));
  assertEquals(take(), ["A followed 0.9-0.9"]);
  assertEquals(made.dueIn(at(1)), SETTLED_MS - 1000);
  made.settle(at(9));
  assertEquals(take(), []);
  made.settle(at(10));
  assertEquals(take(), ["B followed 10-10"]);
  assertEquals(made.dueIn(at(10)), undefined);
});

Deno.test("a quiet symbol waits for a sign of life of a connection on which nothing came", () => {
  const { made, take } = following();
  made.asked("A", at(0));
  made.settle(at(60));
  assertEquals([take(), made.dueIn(at(60))], [[], undefined]);
  made.frame(at(61));
  assertEquals(take(), ["A followed 10-10"]);
});

Deno.test("a lost connection opens a gap from what its last frame may have been late by, the next one closes it", () => {
  const { made, take } = following();
  made.asked("A", at(0));
  made.frame(at(5));
  made.traded("A", at(4.5), at(5));
  take();
  made.frame(at(30));
  made.lost("lost");
  assertEquals(take(), ["A followed 4.5-29.5", "A gap 29.5- lost"]);
  made.lost("lost");
  assertEquals(take(), [], "a connection that never came tells nothing new");
  made.asked("A", at(60));
  made.frame(at(62));
  made.traded("A", at(61), at(62));
  assertEquals(take(), ["A gap 29.5-61 lost", "A followed 61-61"]);
  made.lost("stopped");
  assertEquals(take(), ["A followed 61-61", "A gap 61- stopped"]);
});

Deno.test("a recording's times are not the clock's: what it brings counts from when it comes", () => {
  const { made, take } = following();
  made.asked("A", at(0));
  made.traded("A", at(-86_400), at(1));
  assertEquals(take(), ["A followed 1-1"]);
});

Deno.test("a refused symbol has a gap until the feed takes it, one that was never followed has none", () => {
  const { made, take } = following();
  for (const symbol of ["A", "B"]) made.asked(symbol, at(0));
  made.frame(at(1));
  made.traded("A", at(1), at(1));
  made.refused("B", at(2));
  made.refused("A", at(3));
  assertEquals(take(), ["A followed 1-1", "A followed 1-3", "A gap 3- refused"]);
  made.asked("A", at(40));
  made.frame(at(55));
  assertEquals(take(), ["A gap 3-50 refused", "A followed 50-50"]);
});

Deno.test("over a restart the gap runs from what the topic had last, whether it is known before the first trade or after", () => {
  const early = following();
  early.made.expect(["A"]);
  early.made.goesOnFrom(at(-60));
  assertEquals(early.take(), ["A gap -60- restart"]);
  early.made.asked("A", at(0));
  early.made.traded("A", at(2), at(2));
  assertEquals(early.take(), ["A gap -60-2 restart", "A followed 2-2"]);

  const late = following();
  late.made.asked("A", at(0));
  late.made.frame(at(2));
  late.made.traded("A", at(2), at(2));
  late.made.lost("lost");
  late.take();
  late.made.goesOnFrom(at(-60));
  assertEquals(late.take(), ["A gap -60-2 restart"]);
});

Deno.test("every hour it is told again what is followed, under the month that it is in", () => {
  const { made, take } = following();
  made.asked("A", at(-10));
  made.traded("A", at(-5), at(-5));
  take();
  made.frame(at(3000));
  made.mark();
  assertEquals(take(), ["A followed -5-0", "A followed 0-3000"]);
  made.frame(at(6000));
  made.mark();
  assertEquals(take(), ["A followed 0-6000"]);
});

Deno.test("the feed tells of its connections, of every hour, and of its stop", async () => {
  const told: string[] = [];
  {
    await using bench = new Bench({ onSpans: (spans) => told.push(...spans.map(short)) });
    bench.feed.goesOnFrom(START - 5000);
    bench.socket.open();
    await bench.time.advance(1000);
    bench.socket.receive(PING);
    await bench.time.advance(9000);
    assertEquals(told.splice(0), [
      "A gap -5- restart",
      "B gap -5- restart",
      "A gap -5-10 restart",
      "A followed 10-10",
      "B gap -5-10 restart",
      "B followed 10-10",
    ]);
    bench.socket.receive('{"type":"error","msg":"Invalid symbol B"}');
    assertEquals(told.splice(0), ["B followed 10-10", "B gap 10- refused"]);
    for (let i = 0; i < 36; i++) {
      await bench.time.advance(100_000);
      bench.socket.receive(PING);
    }
    assert(told.splice(0).includes("A followed 10-3510"), "it is told after an hour");
    bench.socket.closedByPeer(1006);
    await bench.time.advance(1);
    assertEquals(told.splice(0).at(-1), "B gap 3610- lost");
    await bench.time.advance(10_000);
    bench.socket.open();
    bench.socket.receive(PING);
    await bench.time.advance(10_000);
    told.splice(0);
  }
  assert(told.some((text) => /^A gap 36\d\d\S*- stopped$/.test(text)), told.join("\n"));
});

Deno.test("whatever happens, no window counts as complete in which a trade could be lost", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed);
    const spans = new Map<string, FeedSpan>();
    const tell = (all: readonly FeedSpan[]) => {
      for (const span of all) {
        assertEquals(parseSpan(spanText(span), START + 1e9), span, "what is told can be read");
        spans.set(`${span.kind} ${span.from}`, span);
      }
    };
    let [now, open, subscribed] = [START, false, false];
    /** Milliseconds in which a trade would have come to nobody. */
    const lost = new Set<number>();
    let last: number | undefined;
    let made = new Following(tell);
    made.expect(["A"]);
    for (let step = 0; step < 60; step++) {
      const until = now + Math.floor(random() * 30_000);
      for (; now < until; now += 100) {
        if (!subscribed) lost.add(now);
        else if (random() < 0.05) {
          made.frame(now);
          if (random() < 0.5) made.traded("A", now, now);
          last = now;
        }
      }
      const happens = random();
      if (!open) {
        open = true;
        made.asked("A", now);
        subscribed = random() < 0.8;
        if (!subscribed) made.refused("A", now);
      } else if (happens < 0.4) {
        // Of what came after the last frame nobody knows.
        for (let time = last ?? START; time < now; time += 100) lost.add(time);
        made.lost("lost");
        open = subscribed = false;
      } else if (happens < 0.6) {
        made.mark();
      } else if (happens < 0.7) {
        // Killed: nothing is told, and another one goes on from the last message.
        for (let time = last ?? START; time < now; time += 100) lost.add(time);
        made = new Following(tell);
        made.expect(["A"]);
        open = subscribed = false;
        if (last !== undefined) made.goesOnFrom(last);
      }
    }
    const judge = completeness([...spans.values()], now);
    for (const time of lost) {
      const start = Math.floor(time / 5000) * 5000;
      assert(judge(start, start + 5000) !== true, `seed ${seed}: ${seconds(start)} s`);
    }
  }
});
