import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { TimedFrame } from "../../../../src/finnhub/simulator/market_source.ts";
import { openReplay, ReplayError, type ReplayOptions } from "../../../../src/finnhub/simulator/replay.ts";
import { errorText } from "../../../../src/telemetry/log.ts";

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

Deno.test("a file that cannot be used is refused with its name before anything is played", async () => {
  await assertRejects(() => openReplay(options("nonsense")), ReplayError, "frames.ndjson holds no trades");
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

/** A file in chunks of `size` bytes, and whether each reader took it to its end or let go of it. */
function chunked(text: string, size: number) {
  const bytes = new TextEncoder().encode(text);
  const ends: ("read" | "let go")[] = [];
  let opened = 0;
  const open = () => {
    opened++;
    let at = 0;
    return Promise.resolve(
      new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull: (controller) => {
          if (at < bytes.length) return controller.enqueue(bytes.slice(at, at += size));
          ends.push("read");
          controller.close();
        },
        cancel: () => void ends.push("let go"),
      }, { highWaterMark: 0 }),
    );
  };
  return { open, ends, opened: () => opened };
}

Deno.test("a replay does not depend on where the file's chunks end, nor on its line ends", async () => {
  const text = `${line(["Ä:€", 1000])}\r\n${line(["𝔸", 1500], ["Ä:€", 1400])}\n\n`;
  for (const size of [1, 2, 3, 7, 64, 10_000]) {
    const frames = await play(text, { open: chunked(text, size).open });
    assertEquals(frames.map(({ trades }) => trades.map(({ s }) => s)), [["Ä:€"], ["𝔸", "Ä:€"]], `${size}`);
  }
});

Deno.test("frames keep their conditions in each form, and their members of other names", async () => {
  const trades = [
    { s: "A", p: 1, t: 1000, v: 0 },
    { s: "A", p: 1, t: 1000, v: 1, c: null },
    { s: "A", p: 1, t: 1000, v: 1, c: [] },
    { s: "A", p: 1, t: 1000, v: 1, c: ["1", "12"] },
  ];
  assertEquals((await play(JSON.stringify({ type: "trade", data: trades })))[0]!.trades, trades);
});

Deno.test("every trade of a loop's round is later than all of the round before, even in a disordered file", async () => {
  const disordered = [line(["A", 5000]), line(["A", 9000], ["B", 2000]), line(["B", 1000]), line(["A", 8000])]
    .join("\n");
  for (const now of [false, true]) {
    for (const speed of [1, 4, Infinity]) {
      const frames = await play(disordered, { loop: true, now, speed }, 12);
      const rounds = [0, 4, 8].map((from) => times(frames.slice(from, from + 4)).flat());
      for (const [i, round] of rounds.entries()) {
        const before = i === 0 ? -Infinity : Math.max(...rounds[i - 1]!);
        assert(
          Math.min(...round) > before,
          `round ${i} at speed ${speed}, now ${now}: ${rounds.join(" | ")}`,
        );
      }
    }
  }
});

Deno.test("a loop at N times the speed keeps the recorded distances divided by N, from round to round", async () => {
  const frames = await play(FRAMES, { loop: true, now: true, speed: 2 }, 5);
  assertEquals(dues(frames), [0, 250, 1000, 1500, 1750]);
  assertEquals(times(frames).map(([first]) => first! - 50_000), dues(frames));
});

Deno.test("the symbols are those of the whole file, each once, and a file without trades is refused", async () => {
  assertEquals((await openReplay(options(`${FRAMES}\n${line(["C", 1], ["A", 2])}`))).symbols, [
    "A",
    "B",
    "C",
  ]);
  for (const text of ["", "\n\n \r\n", '{"type":"trade","data":[]}\n']) {
    await assertRejects(() => openReplay(options(text)), ReplayError, "frames.ndjson holds no trades");
  }
});

Deno.test("a bad line is told with its own number, whatever is wrong with it, and the good trades are played", async () => {
  const trade = { s: "A", p: 1, t: 1, v: 1 };
  const bad = [
    "{",
    "5",
    "null",
    '"text"',
    "[]",
    "{}",
    '{"type":"trade","data":{}}',
    ...[
      null,
      5,
      { ...trade, s: 1 },
      { ...trade, p: "1" },
      { ...trade, v: null },
      { ...trade, t: 1.5 },
      { ...trade, c: 5 },
      { ...trade, c: [5] },
    ].map((entry) => JSON.stringify({ type: "trade", data: [trade, entry] })),
  ];
  for (const text of bad) {
    const file = `${line(["A", 1])}\n\n\n${text}\n${line(["A", 2])}`;
    const told: number[] = [];
    const frames = await play(file, { onBadLine: (number) => told.push(number) });
    assertEquals(told, [4], text);
    assertEquals(times(frames).flat().filter((time) => time !== trade.t || !text.includes('"s"')), [
      ...(text.includes('"s"') ? [] : [1]),
      2,
    ], text);
  }
});

Deno.test("a file that breaks off is refused with the last line that was read, and its cause is kept", async () => {
  const open = () => {
    let pulls = 0;
    return Promise.resolve(
      new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull: (controller) => {
          if (pulls++ > 0) throw new Error("input/output error");
          controller.enqueue(new TextEncoder().encode(`${FRAMES}\n`));
        },
      }),
    );
  };
  const error = await assertRejects(() => openReplay(options("", { open })), ReplayError, "frames.ndjson");
  assertEquals(error.message, "frames.ndjson cannot be read after line 4");
  assertStringIncludes(errorText(error.cause), "input/output error");
});

Deno.test("a gzipped file of several members is read to its end", async () => {
  const member = async (text: string) =>
    await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
  const parts = [await member(`${line(["A", 1])}\n`), await member(`${line(["A", 2])}\n`)];
  const open = () => Promise.resolve(new Blob(parts).stream());
  assertEquals(times(await play("", { open, file: "two.gz" })), [[1], [2]]);
});

Deno.test("a gzipped file that was cut short is refused", async () => {
  const gzip = new Blob([FRAMES]).stream().pipeThrough(new CompressionStream("gzip"));
  const whole = await new Response(gzip).bytes();
  const open = () => Promise.resolve(new Blob([whole.slice(0, -12)]).stream());
  await assertRejects(
    () => openReplay(options("", { open, file: "cut.gz" })),
    ReplayError,
    "cut.gz cannot be read",
  );
});

Deno.test("a line without an end in sight is refused before the memory is full of it", async () => {
  let pulls = 0;
  const open = () =>
    Promise.resolve(
      new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull: (controller) => {
          pulls++;
          controller.enqueue(new Uint8Array(262_144).fill(0x20));
        },
      }),
    );
  const error = await assertRejects(() => openReplay(options("", { open })), ReplayError, "cannot be read");
  assertStringIncludes(errorText(error), "a line of more than 4194304 characters");
  assert(pulls < 30, `${pulls} chunks were read`);
});

Deno.test("a replay opens the file anew for each round and lets go of it when nobody reads on", async () => {
  const file = chunked(`${FRAMES}\n`.repeat(50), 64);
  await play("", { ...file, loop: true }, 151);
  // A pipe hands a cancel on in its own turn.
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(file.opened(), 3, "one look, one whole round and the start of another");
  assertEquals(file.ends, ["read", "read", "let go"]);
});

Deno.test("an aborted replay ends, though it loops", async () => {
  const stop = new AbortController();
  const source = await openReplay(options(FRAMES, { loop: true, speed: Infinity }));
  let played = 0;
  for await (const _ of source.frames(0, stop.signal)) if (++played === 1000) stop.abort();
  assertEquals(played, 1000);
});
