import { assert, assertEquals } from "@std/assert";
import { Bench, IDLE_MS, PING, START, TRADE } from "./feed_bench.ts";

Deno.test("waits grow up to a bound, whatever connections bring, and begin anew after one that lasted", async () => {
  await using bench = new Bench();
  const waits: number[] = [];
  const lose = async (frames: readonly string[], after = 0) => {
    bench.socket.open();
    frames.forEach((frame) => bench.socket.receive(frame));
    await bench.time.advance(after);
    const [lostAt, attempts] = [bench.time.now, bench.attempts.length];
    bench.socket.closedByPeer(1006);
    // Longer than any wait, and shorter than a socket may take to open.
    await bench.time.advance(10_000);
    waits.push(bench.attempts[attempts]!.at - lostAt);
  };
  for (let i = 0; i < 6; i++) await lose([PING, TRADE]);
  await lose([TRADE], 10_000);
  await lose([], 30_000);
  await lose([PING]);
  assertEquals(bench.listeners, 1, "listeners of earlier attempts are left on the signal");
  assertEquals(waits, [125, 250, 500, 1000, 2000, 4000, 7500, 125, 250]);
});

Deno.test("a server that sends one good frame and closes gets few connections in 30 s, a busy one fewer", async () => {
  for (const [end, most] of [["close", 9], ["503", 4], ["429", 4]] as const) {
    await using bench = new Bench();
    const until = bench.time.now + 30_000;
    for (let seen = 0; bench.time.now < until; await bench.time.advance(50)) {
      if (bench.sockets.length === seen) continue;
      seen = bench.sockets.length;
      if (end !== "close") bench.socket.refuse(`Invalid status code: ${end}`);
      else {
        bench.socket.open();
        bench.socket.receive(TRADE);
        bench.socket.closedByPeer(1000);
      }
    }
    assert(bench.attempts.length <= most, `${end}: ${bench.attempts.length} connections`);
  }
});

Deno.test("the gap runs from the last frame before a loss to the first one after it, over several attempts", async () => {
  await using bench = new Bench();
  bench.socket.open();
  await bench.time.advance(5000);
  bench.socket.receive(PING);
  assertEquals(bench.metric("gap_seconds_total"), 0);
  await bench.time.advance(1000);
  bench.socket.closedByPeer(1001);
  await bench.time.advance(125);
  bench.socket.refuse("Invalid status code: 502");
  await bench.time.advance(250);
  assertEquals(bench.sockets.length, 3);
  bench.socket.open();
  await bench.time.advance(625);
  bench.socket.receive(PING);
  await bench.time.advance(9000);
  bench.socket.receive(PING);
  assertEquals(bench.metric("gap_seconds_total"), 2);
});

Deno.test("a peer that never answers the close does not hold the feed up", async () => {
  await using bench = new Bench();
  bench.sockets.length = 0;
  bench.answersClose = false;
  await bench.time.advance(15_000 + 125);
  bench.socket.open();
  bench.socket.receive(TRADE);
  await bench.time.advance(IDLE_MS + 1000 + 125);
  assertEquals(bench.sockets.length, 2);
  bench.answersClose = true;
  const dead = bench.sockets[0]!;
  dead.receive(TRADE);
  assertEquals(bench.trades.length, 1, "what a given up connection still sends is not taken");
});

Deno.test("waits go on growing while a server answers with an error or junk and closes", async () => {
  await using bench = new Bench();
  const waits: number[] = [];
  for (
    const frame of ['{"type":"error","msg":"Invalid API key"}', "<html>", '{"type":"trade","data":[]}', "{"]
  ) {
    bench.socket.open();
    bench.socket.receive(frame);
    const [lostAt, attempts] = [bench.time.now, bench.attempts.length];
    bench.socket.closedByPeer(1000);
    await bench.time.advance(10_000);
    waits.push(bench.attempts[attempts]!.at - lostAt);
  }
  assertEquals(waits, [125, 250, 500, 1000]);
});

Deno.test("the gap since a feed before this one counts, whether that is known before the first frame or after it", async () => {
  for (const late of [false, true]) {
    await using bench = new Bench();
    const before = START - 7000;
    if (!late) bench.feed.goesOnFrom(before);
    bench.socket.open();
    await bench.time.advance(1000);
    bench.socket.receive(PING);
    await bench.time.advance(5000);
    bench.socket.receive(PING);
    if (late) bench.feed.goesOnFrom(before);
    assertEquals(bench.metric("gap_seconds_total"), 8);
    bench.socket.closedByPeer(1006);
    await bench.time.advance(125);
    bench.socket.open();
    bench.socket.receive(PING);
    assertEquals(bench.metric("gap_seconds_total"), 8.125);
  }
});
