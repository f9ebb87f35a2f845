import { assertEquals } from "@std/assert";
import { Database } from "../../../src/embedded/database.ts";
import { EmbeddedLog } from "../../../src/embedded/log.ts";
import { EmbeddedLogReader } from "../../../src/embedded/log_reader.ts";
import { silent } from "../processing/fakes.ts";
import type { LogHandler } from "../../../src/processing/ports.ts";

const open = (retention = 1_000_000) => {
  const database = new Database(":memory:");
  return { database, log: new EmbeddedLog({ database, partitions: 4, retention }) };
};

const message = (key: string, value: number) => ({
  key,
  value: new Uint8Array([value]),
  timestamp: 1000 + value,
});

Deno.test("a key's messages stay in one partition, in order, with offsets without a gap", () => {
  const { database, log } = open();
  using _ = database;
  log.append([message("A", 1), message("B", 2), message("A", 3)]);
  log.append([message("A", 4)]);
  const found = log.progress().flatMap(({ end, partition }) => {
    const messages = log.read(partition, 0, 100);
    assertEquals(messages.map(({ offset }) => offset), [...Array(end).keys()]);
    return [messages.map(({ value }) => value![0])];
  });
  const ofA = found.find((values) => values.includes(1))!;
  assertEquals(ofA.filter((value) => value !== 2), [1, 3, 4]);
});

Deno.test("what is not committed is kept beyond the retention, what is committed is not", () => {
  const { database, log } = open(10);
  using _ = database;
  const { partition } = (log.append([message("A", 0)]), log.progress().find(({ end }) => end === 1)!);
  const fill = () => {
    for (let i = 0; i < 11; i++) log.append(Array.from({ length: 100 }, () => message("A", 1)));
    const steps = [...log.trim(30)];
    return steps.length;
  };
  assertEquals(fill(), 0);
  assertEquals(log.read(partition, 0, 1)[0]!.offset, 0);
  log.commit(new Map([[partition, 500]]));
  assertEquals(fill(), Math.ceil(500 / 30));
  assertEquals(log.read(partition, 0, 1)[0]!.offset, 500);
});

Deno.test("the reader starts at what is committed, goes on with what comes, and ends by the signal", async () => {
  const { database, log } = open();
  using _ = database;
  const { partition } = (log.append([message("A", 0)]), log.progress().find(({ end }) => end === 1)!);
  log.append([message("A", 1), message("A", 2)]);
  log.commit(new Map([[partition, 1]]));
  const stop = new AbortController();
  const seen: number[] = [];
  let stopped = false;
  const handler: LogHandler = {
    assigned: () => {},
    revoking: () => Promise.resolve(),
    stopping: () => Promise.resolve(void (stopped = true)),
    process: (_partition, messages) => {
      seen.push(...messages.map(({ value }) => value![0]!));
      if (seen.length === 2) log.append([message("A", 3)]);
      if (seen.length === 3) stop.abort();
      return Promise.resolve();
    },
  };
  await new EmbeddedLogReader({ embedded: log, log: silent, random: Math.random, now: () => 0 }).run(
    handler,
    stop.signal,
  );
  assertEquals([seen, stopped], [[1, 2, 3], true]);
});
