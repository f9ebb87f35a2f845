import { Buffer } from "node:buffer";
import { assertEquals, assertThrows } from "@std/assert";
import { releaseFinding } from "../../../../src/kafka/doctor/broker_findings.ts";
import { featuresOf, releaseOf } from "../../../../src/kafka/doctor/release.ts";

/** Numbers and highest versions of requests. */
const versions = (apis: Record<number, number>) =>
  Object.fromEntries(Object.entries(apis).map(([key, maxVersion]) => [key, { maxVersion }]));
/** As Kafka 3.9.2 told them, with ZooKeeper and in KRaft mode. */
const WITH_ZOOKEEPER = versions({ 1: 17, 6: 8, 18: 4 });
const KRAFT = versions({ 1: 17, 18: 4, 55: 2 });
const NONE = { supported: undefined, finalized: undefined };

Deno.test("a broker's mode is told by the requests that it knows", () => {
  assertEquals(releaseOf(WITH_ZOOKEEPER, NONE), { line: "3.9", mode: "ZooKeeper" });
  assertEquals(releaseOf(versions({ 1: 16, 6: 8 }), undefined), { line: undefined, mode: "ZooKeeper" });
  assertEquals(releaseOf(KRAFT, { supported: 21, finalized: 21 }), { line: "3.9", mode: "KRaft" });
  assertEquals(releaseOf(KRAFT, NONE), { line: undefined, mode: "KRaft" });
  assertEquals(releaseOf(versions({ 1: 11 }), undefined), { line: undefined, mode: undefined });
});

Deno.test("each level of the metadata belongs to a line; a later one to none that is known", () => {
  const line = (supported: number) => releaseOf(KRAFT, { supported, finalized: supported }).line;
  assertEquals([7, 8, 19, 20, 25, 26, 33, 34].map(line), [
    "3.3",
    "3.4",
    "3.7",
    "3.8",
    "4.0",
    "4.1",
    "4.4",
    undefined,
  ]);
});

Deno.test("a cluster whose metadata is of an earlier line is told to be in the middle of an upgrade", () => {
  const release = releaseOf(KRAFT, { supported: 33, finalized: 21 });
  assertEquals(release, { line: "4.4", mode: "KRaft", metadataLine: "3.9" });
  const { says, state } = releaseFinding(release, Date.parse("2026-11-01"));
  assertEquals([state, says], ["warning", "4.4, KRaft mode; the cluster's metadata is still that of 3.9"]);
});

Deno.test("what is not told is said to be so, and ZooKeeper is at its end in every release", () => {
  const now = Date.parse("2026-11-01");
  const told = (release: Parameters<typeof releaseFinding>[0]) => {
    const { says, state } = releaseFinding(release, now);
    return `${state}: ${says}`;
  };
  assertEquals(told({ line: undefined, mode: undefined }), "ok: not told, mode not told");
  assertEquals(told({ line: "4.4", mode: "KRaft" }), "ok: 4.4, KRaft mode");
  assertEquals(
    told({ line: undefined, mode: "ZooKeeper" }),
    "warning: before 3.9, ZooKeeper mode; the support of ZooKeeper mode ended on 2025-11-06",
  );
  assertEquals(
    told({ line: "3.9", mode: "KRaft" }),
    "warning: 3.9, KRaft mode; its support ended on 2025-11-06",
  );
});

/** An answer to ApiVersions, version 3, as brokers write it. */
function answer(supported: [string, number, number][], finalized: [string, number, number][]): Buffer {
  const list = (features: [string, number, number][]) => [
    features.length + 1,
    ...features.flatMap(([name, first, second]) => [
      name.length + 1,
      ...Buffer.from(name),
      ...[0, first, 0, second],
      0,
    ]),
  ];
  const tag = (number: number, bytes: number[]) => [number, bytes.length, ...bytes];
  return Buffer.from([
    ...[0, 0], // no error
    ...[2, 0, 18, 0, 0, 0, 4, 0], // one request
    ...[0, 0, 0, 0], // not throttled
    3, // tagged fields
    ...tag(0, list(supported)),
    ...tag(1, [0, 0, 0, 0, 0, 0, 0, 8]),
    ...tag(2, list(finalized)),
  ]);
}

Deno.test("the levels of the metadata are read from among other features", () => {
  const raw = answer(
    [["group.version", 0, 1], ["metadata.version", 7, 33]],
    [["metadata.version", 21, 21], ["share.version", 2, 2]],
  );
  assertEquals(featuresOf(raw), { supported: 33, finalized: 21 });
  assertEquals(featuresOf(answer([], [])), NONE);
});

Deno.test("an answer that is cut off, anywhere, or leads behind its end is refused and not read for ever", () => {
  const raw = answer([["metadata.version", 1, 21]], [["metadata.version", 21, 21]]);
  for (let length = 0; length < raw.length - 5; length++) {
    assertThrows(() => featuresOf(raw.subarray(0, length)), RangeError);
  }
  assertThrows(() => featuresOf(Buffer.from([0, 0, 0xff, 0xff, 0xff, 0x7f])), RangeError);
});
