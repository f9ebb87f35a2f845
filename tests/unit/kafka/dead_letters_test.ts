import { createHash } from "node:crypto";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Kafka } from "kafkajs";
import { KafkaDeadLetters } from "../../../src/kafka/dead_letters.ts";
import { type LetterMessage, sizeOf } from "../../../src/kafka/letter_message.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";

const refusal = (code: number) => Object.assign(new Error(`refused by ${code}`), { code });
const bytesOf = (messages: readonly LetterMessage[]) => messages.reduce((sum, each) => sum + sizeOf(each), 0);

/** An office whose broker answers as a test says. */
function office(answer: (messages: readonly LetterMessage[]) => void) {
  const taken: LetterMessage[] = [];
  const requests: number[] = [];
  const lines: string[] = [];
  let clients = 0;
  const kafka = {
    producer: () => ({
      connect: () => Promise.resolve(void clients++),
      disconnect: () => Promise.resolve(),
      send: async ({ messages }: { messages: LetterMessage[] }) => {
        requests.push(messages.length);
        await Promise.resolve();
        answer(messages);
        taken.push(...messages);
      },
    }),
  } as unknown as Kafka;
  const registry = new MetricRegistry();
  const metrics = {
    lettersWaiting: registry.gauge("waiting", ""),
    lettersCut: registry.counter("cut", ""),
    lettersLost: registry.counter("lost", ""),
  };
  const stop = new AbortController();
  const log = createLogger({
    level: "info",
    format: "json",
    write: (line) => lines.push(line),
    now: () => 0,
  });
  const letters = new KafkaDeadLetters({
    kafka,
    topic: "market",
    log,
    now: () => 0,
    random: () => 0,
    metrics,
    signal: stop.signal,
  });
  const send = (value: Uint8Array | null, offset = 0, badTrades?: number[]) =>
    letters.send({
      partition: 0,
      message: { offset, timestamp: 0, value },
      error: "not a trades message",
      ...(badTrades === undefined ? {} : { badTrades }),
    });
  return { clients: () => clients, letters, lines, metrics, requests, send, stop, taken };
}

Deno.test("400 junk messages of 4 KB go in requests that a broker takes", async () => {
  let largest = 0;
  const { requests, send, taken } = office((messages) => {
    largest = Math.max(largest, bytesOf(messages));
    if (largest > 1_048_588) throw refusal(10);
  });
  await Promise.all(Array.from({ length: 400 }, (_, i) => send(new Uint8Array(4096), i)));
  assertEquals(
    taken.map(({ headers }) => headers["source-offset"]),
    Array.from({ length: 400 }, (_, i) => `${i}`),
  );
  assert(requests.length < 10 && largest <= 1_048_588);
});

Deno.test("a refused request is halved, and what was learnt holds for the next", async () => {
  for (const code of [10, 18]) {
    let refused = 0;
    const { letters, send, taken } = office((messages) => {
      if (bytesOf(messages) > 20_000) throw refusal((refused++, code));
    });
    await Promise.all(Array.from({ length: 100 }, () => send(new Uint8Array(4096))));
    assertEquals(taken.length, 100);
    const before = refused;
    await Promise.all(Array.from({ length: 100 }, () => send(new Uint8Array(4096))));
    assertEquals([taken.length, refused, letters.trouble], [200, before, undefined]);
  }
});

Deno.test("a letter that cannot fit is cut, and its whole length and hash are said", async () => {
  const { metrics, send, taken } = office((messages) => {
    if (bytesOf(messages) > 1_000_000) throw refusal(10);
  });
  const value = new Uint8Array(1_048_500).map((_, i) => i);
  await Promise.all([send(value), send(new Uint8Array([1])), send(value)]);
  assertEquals(taken.length, 3);
  assert(taken[0]!.value!.length > 700_000);
  assertEquals(taken[0]!.headers["value-length"], "1048500");
  assertEquals(taken[0]!.headers["value-sha256"], createHash("sha256").update(value).digest("hex"));
  assertEquals([taken[1]!.value!.length, taken[1]!.headers["value-length"]], [1, undefined]);
  assertEquals([metrics.lettersCut.value(), metrics.lettersLost.value()], [2, 0]);
});

Deno.test("a letter that its topic refuses whatever its size is counted as lost, and the others go on", async () => {
  for (const code of [10, 87, 32]) {
    const { lines, metrics, send, taken } = office((messages) => {
      if (messages.some(({ headers }) => headers["source-offset"] === "7")) throw refusal(code);
    });
    await Promise.all(Array.from({ length: 20 }, (_, i) => send(new Uint8Array(10), i)));
    assertEquals([taken.length, metrics.lettersLost.value()], [19, 1]);
    assert(lines.some((line) => line.includes("market") || line.includes("0/7")), lines.join());
  }
});

Deno.test("a letter that waits says why and since when, with the remedy, and one line a minute", async () => {
  let away = true;
  const { clients, letters, lines, metrics, send, taken } = office(() => {
    if (away) throw refusal(3);
  });
  const sent = send(new Uint8Array(10));
  while (clients() < 3) await new Promise((done) => setTimeout(done, 5));
  assertStringIncludes(
    letters.trouble!,
    "market.dlq does not take dead letters since 1970-01-01T00:00:00.000Z",
  );
  assertStringIncludes(letters.trouble!, "finnhub-pipe setup");
  assertEquals([lines.length, metrics.lettersWaiting.value()], [1, 1]);
  away = false;
  await sent;
  assertEquals([taken.length, letters.trouble, metrics.lettersWaiting.value()], [1, undefined, 0]);
});

Deno.test("waiting dead letters take a bounded number of bytes, and keep no fetch answer in memory", async () => {
  let away = true;
  const { letters, send, stop } = office(() => {
    if (away) throw refusal(3);
  });
  const sent = [];
  let bytes = 0;
  const answer = new ArrayBuffer(2_000_000);
  for (let full = false; !full; bytes += 100_000) {
    sent.push(send(new Uint8Array(answer, 0, 100_000)));
    full = !await Promise.race([
      letters.room().then(() => true),
      new Promise<boolean>((r) => setTimeout(r, 1, false)),
    ]);
  }
  assert(bytes <= 8_500_000, `${bytes} bytes`);
  away = false;
  await letters.room();
  await Promise.all(sent);
  stop.abort();
});

Deno.test("a stop ends the wait of every letter", async () => {
  const { letters, send, stop } = office(() => {
    throw refusal(3);
  });
  const sent = [send(new Uint8Array(10_000_000)), send(null)].map((each) =>
    each.then(() => "sent", () => "stopped")
  );
  const room = letters.room().then(() => "room", () => "stopped");
  stop.abort(new Error("stop"));
  assertEquals(await Promise.all([...sent, room]), ["stopped", "stopped", "stopped"]);
});

Deno.test("the list of bad trades is bounded, and their number is said", async () => {
  const { send, taken } = office(() => {});
  await send(new Uint8Array(), 0, Array.from({ length: 65_536 }, (_, i) => i));
  await send(new Uint8Array(), 1, [1, 5]);
  const [many, few] = taken.map(({ headers }) => headers);
  assert(many!["bad-trades"]!.length < 1100 && many!["bad-trades"]!.endsWith(",..."));
  assertEquals(many!["bad-trades-count"], "65536");
  assertEquals([few!["bad-trades"], few!["bad-trades-count"]], ["1,5", "2"]);
});
