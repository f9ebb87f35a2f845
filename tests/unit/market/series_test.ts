import { assert, assertEquals } from "@std/assert";
import {
  ALL_SERIES,
  bucketOf,
  CANDLES,
  hourOf,
  RUNNING_AVERAGE,
  SLOT_MS,
  windowKeys,
} from "../../../src/market/series.ts";
import { pick, seededRandom } from "../pick.ts";

const at = (text: string) => Date.parse(text);

Deno.test("windowKeys() finds exactly the windows that hold a time, start included and end excluded", () => {
  const random = seededRandom(2);
  for (let round = 0; round < 2000; round++) {
    const time = random() < 0.3 ? pick(random, 1e6) * 5000 : pick(random, 2 ** 41);
    for (const kind of ALL_SERIES) {
      const keys = windowKeys(kind, time);
      assertEquals(keys.length, kind.lengthMs / kind.hopMs);
      for (const key of keys) {
        const start = kind.keyedBy === "start" ? key : key - kind.lengthMs;
        assertEquals(start % kind.hopMs, 0, "aligned to the epoch");
        assert(start <= time && time < start + kind.lengthMs);
      }
      assertEquals(new Set(keys).size, keys.length);
    }
  }
});

Deno.test("windowKeys() of the running average are the three ends after the trade", () => {
  const time = at("2024-08-09T00:00:00.000Z");
  assertEquals(windowKeys(RUNNING_AVERAGE, time).map((key) => key - time), [5000, 10_000, 15_000]);
  assertEquals(windowKeys(RUNNING_AVERAGE, time - 1).map((key) => key - time), [0, 5000, 10_000]);
});

Deno.test("all times of a slot share their windows, and the next slot has others", () => {
  for (const kind of ALL_SERIES) {
    const first = windowKeys(kind, 0);
    assertEquals(windowKeys(kind, SLOT_MS - 1), first);
  }
  assert(ALL_SERIES.some((kind) => windowKeys(kind, SLOT_MS)[0] !== windowKeys(kind, 0)[0]));
});

Deno.test("bucketOf() is the UTC day for short intervals and the UTC month for the longer ones", () => {
  const key = at("2024-02-29T23:59:55Z");
  const buckets = Object.fromEntries(ALL_SERIES.map((kind) => [kind.name, bucketOf(kind, key)]));
  const [day, month] = [at("2024-02-29T00:00:00Z"), at("2024-02-01T00:00:00Z")];
  assertEquals(buckets, { "5s": day, "15s": day, "1m": month, "5m": month, "1h": month, average: day });
  assertEquals(bucketOf(CANDLES[4]!, key + 5000), at("2024-03-01T00:00:00Z"));
});

Deno.test("hourOf() is the start of the hour", () => {
  assertEquals(hourOf(at("2024-08-08T23:54:15.342Z")), at("2024-08-08T23:00:00Z"));
});
