import { assertEquals, assertStringIncludes } from "@std/assert";
import { spanText } from "../../../src/market/following/span.ts";
import { encodeMessage } from "../../../src/market/message.ts";
import { bench } from "./fakes.ts";

const NOW = Date.UTC(2024, 1, 29, 23, 50);

Deno.test("what is told of feeds is stored once, the later word over the earlier, before its offset is committed", async () => {
  const { letters, metrics, start, store } = bench(NOW);
  const says = (offset: number, text: string) => ({ offset, timestamp: NOW, value: encodeMessage([], text) });
  const messages = [
    says(0, `followed:${NOW}:${NOW}:A`),
    says(1, `gap:${NOW + 5}::lost:A`),
    says(2, `gap:${NOW + 5}:${NOW + 9}:lost:A`),
    says(3, `gap:${NOW + 5}:x:lost:A`),
    says(4, "pong"),
  ];
  const processor = start();
  let away = true;
  store.beforeWrite = () => {
    if (away) throw new Error("away");
  };
  await processor.process(messages);
  let flushed = false;
  const flushing = processor.flush().then((offset) => {
    flushed = true;
    return offset;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(flushed, false);
  away = false;
  assertEquals(await flushing, 5);
  const stored = () => [...store.spans.values()].map(({ span }) => spanText(span));
  const expected = [`followed:${NOW}:${NOW}:A`, `gap:${NOW + 5}:${NOW + 9}:lost:A`];
  assertEquals(stored(), expected);
  assertEquals(letters.map(({ message: { offset } }) => offset), [3]);
  assertStringIncludes(letters[0]!.error, "not a word on the feed");
  // Read again by a stale owner, from the word that opened it.
  const stale = start();
  await stale.process(messages.slice(1, 2));
  await stale.flush();
  assertEquals(stored(), expected);
  assertEquals(metrics.spanRows.value({ kind: "gap" }), 3);
});
