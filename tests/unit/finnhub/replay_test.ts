import { assertEquals, assertRejects } from "@std/assert";
import type { TimedFrame } from "../../../src/finnhub/market_source.ts";
import { openReplay, ReplayError, type ReplayOptions } from "../../../src/finnhub/replay.ts";

const line = (...trades: [symbol: string, time: number][]) =>
  JSON.stringify({ type: "trade", data: trades.map(([s, t]) => ({ s, p: 1, t, v: 1 })) });
const FRAMES = `${line(["A", 1000])}\n\n${line(["B", 1500], ["A", 1400])}\n${line(["A", 3000])}`;

function options(text: string, more: Partial<ReplayOptions> = {}): ReplayOptions {
  const open = (file: string) => {
    const bytes = new Blob([text]).stream();
    return Promise.resolve(file.endsWith(".gz") ? bytes.pipeThrough(new CompressionStream("gzip")) : bytes);
  };
  return { file: "frames.ndjson", speed: 1, loop: false, now: false, open, ...more };
}

async function play(
  text: string,
  more: Partial<ReplayOptions> = {},
  frames = Infinity,
): Promise<TimedFrame[]> {
  const source = await openReplay(options(text, more));
  const played: TimedFrame[] = [];
  for await (const frame of source.frames(50_000, new AbortController().signal)) {
    played.push(frame);
    if (played.length >= frames) break;
  }
  return played;
}

const times = (frames: readonly TimedFrame[]) => frames.map(({ trades }) => trades.map(({ t }) => t));
const dues = (frames: readonly TimedFrame[]) => frames.map(({ due }) => due);

Deno.test("a replay plays every frame as recorded, plain or gzipped, last line without end", async () => {
  for (const file of ["frames.ndjson", "frames.ndjson.gz"]) {
    const frames = await play(FRAMES, { file });
    assertEquals(times(frames), [[1000], [1500, 1400], [3000]]);
    assertEquals(dues(frames), [0, 500, 2000]);
  }
  assertEquals((await openReplay(options(FRAMES))).symbols, ["A", "B"]);
});

Deno.test("speed divides the waits, and max has none and waits for a client", async () => {
  assertEquals(dues(await play(FRAMES, { speed: 4 })), [0, 125, 500]);
  assertEquals(dues(await play(FRAMES, { speed: Infinity })), [0, 0, 0]);
  assertEquals((await openReplay(options(FRAMES, { speed: Infinity }))).waitsForClient, true);
  assertEquals((await openReplay(options(FRAMES))).waitsForClient, false);
});

Deno.test("now moves the first trade to the start, at the pace of the replay", async () => {
  assertEquals(times(await play(FRAMES, { now: true })), [[50_000], [50_500, 50_400], [52_000]]);
  assertEquals(times(await play(FRAMES, { now: true, speed: 2 })), [[50_000], [50_250, 50_200], [51_000]]);
  assertEquals(times(await play(FRAMES, { now: true, speed: Infinity }))[2], [52_000]);
});

Deno.test("loop starts again at the end with times that go on growing", async () => {
  const frames = await play(FRAMES, { loop: true }, 7);
  assertEquals(times(frames).map(([first]) => first), [1000, 1500, 3000, 4000, 4500, 6000, 7000]);
  assertEquals(dues(frames), [0, 500, 2000, 3000, 3500, 5000, 6000]);
});

Deno.test("a file that cannot be used is refused with its name and line before anything is played", async () => {
  const broken = `${line(["A", 1])}\n{"type":"trade","data":[{"s":"A"}]}\n`;
  await assertRejects(() => openReplay(options(broken)), ReplayError, "frames.ndjson, line 2");
  await assertRejects(() => openReplay(options("nonsense")), ReplayError, "line 1");
  await assertRejects(() => openReplay(options("")), ReplayError, "no trades");
  const open = () => Promise.reject(new Error("no such file"));
  await assertRejects(() => openReplay(options("", { open })), ReplayError, "frames.ndjson cannot be read");
  const notGzip = () => Promise.resolve(new Blob(["plain"]).stream());
  await assertRejects(() => openReplay(options("", { open: notGzip, file: "a.gz" })), ReplayError, "a.gz");
});

Deno.test("a recording of the real feed may hold pings, which are not played", async () => {
  const frames = await play(`{"type":"ping"}\n${line(["A", 1000])}\r\n{"type":"ping"}\n${line(["A", 1200])}`);
  assertEquals(times(frames), [[1000], [1200]]);
  await assertRejects(() => openReplay(options('{"type":"ping"}')), ReplayError, "no trades");
});
