import type { SeatLimits } from "../../../src/web/seats.ts";
import { assert, assertEquals } from "@std/assert";
import { EventStreams } from "../../../src/web/event_stream.ts";
import { FakeTime } from "../finnhub/fake_time.ts";

/** A state that the test sets, and streams of it. */
function setUp(options: { seats?: SeatLimits } = {}) {
  const stop = new AbortController();
  let value = 0;
  let wake = () => {};
  const streams = new EventStreams<number>({
    signal: stop.signal,
    ...options,
    async *changes(signal) {
      const aborted = () => wake();
      signal.addEventListener("abort", aborted);
      for (let sent = -1; !signal.aborted;) {
        if (sent !== value) yield sent = value;
        else await new Promise<void>((resolve) => wake = resolve);
      }
      signal.removeEventListener("abort", aborted);
    },
  });
  return {
    streams,
    stop,
    set(next: number) {
      value = next;
      wake();
    },
  };
}

/** The events of a response as they come, such as `status 3` and `beat`. */
function listen(response: Response) {
  const events: string[] = [];
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const reading = (async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const [, name, data] = /^event: (\w+)\ndata: ?(.*)\n\n$/.exec(next.value) ?? [];
      if (name !== undefined) events.push(`${name} ${data}`.trim());
    }
  })();
  return { events, reading, cancel: () => reader.cancel() };
}

Deno.test("a client gets the state at once, then at most four a second, always the newest", async () => {
  using time = new FakeTime();
  const { set, stop, streams } = setUp();
  const { events, reading } = listen(streams.respond());
  await time.settle();
  assertEquals(events, ["status 0"]);
  for (let value = 1; value <= 100; value++) {
    set(value);
    await time.advance(20);
  }
  await time.advance(500);
  assert(events.length >= 7 && events.length <= 10, `${events.length} events in 2 s`);
  assertEquals(events.at(-1), "status 100");
  stop.abort();
  await time.settle();
  await reading;
  assertEquals([streams.clients, time.pending], [0, 0]);
});

Deno.test("in silence there is a heartbeat every 15 s", async () => {
  using time = new FakeTime();
  const { set, stop, streams } = setUp();
  const { events, reading } = listen(streams.respond());
  await time.advance(31_000);
  assertEquals(events, ["status 0", "beat", "beat"]);
  set(1);
  await time.advance(1);
  assertEquals(events.at(-1), "status 1");
  stop.abort();
  await time.settle();
  await reading;
});

Deno.test("a client that does not read costs no more than the newest state", async () => {
  using time = new FakeTime();
  const { set, stop, streams } = setUp();
  const response = streams.respond();
  await time.settle();
  for (let value = 1; value <= 200; value++) {
    set(value);
    await time.advance(1);
  }
  await time.advance(60_000);
  const { events, reading } = listen(response);
  await time.advance(1_000);
  assert(events.length <= 3 && events.at(-1) === "status 200", events.join());
  stop.abort();
  await time.settle();
  await reading;
});

Deno.test("clients are bounded, and a place is free again when one leaves", async () => {
  using time = new FakeTime();
  const { stop, streams } = setUp({ seats: { total: 2, perAddress: 2 } });
  const clients = [listen(streams.respond()), listen(streams.respond())];
  await time.settle();
  const refused = streams.respond();
  assertEquals([refused.status, refused.headers.get("retry-after")], [503, "30"]);
  await clients[0]!.cancel();
  await time.settle();
  assertEquals([streams.clients, streams.respond().status], [1, 200]);
  stop.abort();
  await time.settle();
  assertEquals(streams.respond().status, 503);
});
