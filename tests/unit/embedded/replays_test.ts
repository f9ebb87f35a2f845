import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Database } from "../../../src/embedded/database.ts";
import { DatabaseError } from "../../../src/embedded/database_error.ts";
import { EmbeddedLog } from "../../../src/embedded/log.ts";
import { recordingOf, Replays } from "../../../src/embedded/replays.ts";
import { EmbeddedSender } from "../../../src/embedded/sender.ts";
import type { TimedFrame } from "../../../src/finnhub/simulator/market_source.ts";
import { TradeHub } from "../../../src/market/live_trades.ts";
import type { Trade } from "../../../src/market/trade.ts";
import type { Mark } from "../../../src/publishing/outgoing_message.ts";
import { counted, fromFrame } from "../../../src/roles/local_replay.ts";
import { count, heard } from "./parts.ts";

const trade = (symbol: string, time: number): Trade => ({
  symbol,
  time,
  price: 1,
  volume: 1,
  conditions: [],
});
/** Frames of one to three symbols, one of them larger than a message. */
const FRAMES: Trade[][] = [
  [trade("A", 1), trade("B", 1), trade("A", 2)],
  Array.from({ length: 2500 }, (_, i) => trade("A", 3 + i)),
  [trade("C", 3)],
  [trade("A", 4), trade("B", 4), trade("C", 4)],
];

Deno.test("a recording that is ended after any message goes on with the next, within a frame too", () => {
  const play = (done: Mark) => {
    const seen: [trades: readonly Trade[], mark: Mark][] = [];
    const take = counted(done, (trades, _, mark) => seen.push([trades, mark]));
    for (const frame of FRAMES.slice(done.frames)) take(frame, 0);
    return seen;
  };
  const all = play({ frames: 0, parcels: 0 });
  assertEquals(all.length, 2 + 3 + 1 + 3);
  assertEquals(all.flatMap(([trades]) => trades).length, 3 + 2500 + 1 + 3);
  for (const [i, [, mark]] of all.entries()) assertEquals(play(mark), all.slice(i + 1));
});

Deno.test("a market goes on with a frame that is due at once, and keeps the distances behind it", async () => {
  const source = {
    symbols: [],
    waitsForClient: false,
    frames: async function* (): AsyncGenerator<TimedFrame> {
      for (let i = 0; i < 5; i++) yield await Promise.resolve({ due: 100 * i * i, trades: [] });
    },
  };
  const dues = async (first: number) => {
    const frames = await Array.fromAsync(fromFrame(source, first).frames(0, new AbortController().signal));
    return frames.map(({ due }) => due);
  };
  assertEquals(await dues(0), [0, 100, 400, 900, 1600]);
  assertEquals(await dues(2), [0, 500, 1200]);
  assertEquals(await dues(9), []);
});

Deno.test("how far a recording is and its messages are written together or not at all", async () => {
  using database = new Database(":memory:");
  const embedded = new EmbeddedLog({ database, partitions: 1, retention: 9 });
  const replays = new Replays(database);
  const recording = await recordingOf(new Blob(["frames"]).stream());
  assertEquals(recording.size, 6);
  const other = await recordingOf(new Blob(["framez"]).stream());
  const keepMark = (mark: Mark) => {
    replays.keep(recording, mark);
    if (mark.frames === 7) throw new Error("killed");
  };
  const sender = new EmbeddedSender({
    embedded,
    keepMark,
    hub: new TradeHub(),
    log: heard().log,
    random: () => 0,
    now: () => 0,
  });
  const message = (mark?: Mark) => ({ key: "A", value: new Uint8Array([1]), ...(mark && { mark }) });
  const send = (...marks: (Mark | undefined)[]) =>
    sender.send("", marks.map(message), new AbortController().signal);
  await send(undefined);
  assertEquals(replays.markOf(recording), { frames: 0, parcels: 0 });
  await send({ frames: 3, parcels: 1 }, { frames: 3, parcels: 2 });
  assertEquals(replays.markOf(recording), { frames: 3, parcels: 2 });
  await assertRejects(() => send({ frames: 7, parcels: 0 }), Error, "killed");
  assertEquals([replays.markOf(recording), count(database, "log")], [{ frames: 3, parcels: 2 }, 3]);
  assertEquals(replays.markOf(other), { frames: 0, parcels: 0 });
  database.run("UPDATE replays SET frames = -1");
  assertThrows(() => replays.markOf(recording), DatabaseError, "how far a recording");
});
