import { assert, assertEquals } from "@std/assert";
import table from "../../../src/doctor/support.json" with { type: "json" };
import { lineOf, supportFinding } from "../../../src/doctor/support.ts";

const finding = (server: "Kafka" | "Cassandra" | "ZooKeeper mode", line: string | undefined, day: string) =>
  supportFinding({
    subject: "kafka release",
    says: line ?? "not told",
    server,
    line,
    remedy: "upgrade",
    now: Date.parse(day),
  });

Deno.test("a release is fine, then near its end, then behind it, and the remedy has the source", () => {
  assertEquals(finding("Kafka", "4.3", "2027-01-01").state, "ok");
  const soon = finding("Kafka", "4.3", "2027-04-01");
  assertEquals([soon.state, soon.says], ["warning", "4.3; its support ends on 2027-05-22"]);
  const late = finding("Kafka", "4.3", "2027-06-01");
  assertEquals([late.state, late.says], ["warning", "4.3; its support ended on 2027-05-22"]);
  assert(late.remedy!.startsWith("upgrade (https://"), late.remedy);
});

Deno.test("ZooKeeper mode has an end of its own", () => {
  const { says } = finding("ZooKeeper mode", "3.9", "2026-11-01");
  assertEquals(says, "3.9; the support of ZooKeeper mode ended on 2025-11-06");
});

Deno.test("of a release whose end is not known, or that is not in the table, nothing is claimed", () => {
  for (const [server, line] of [["Cassandra", "5.0"], ["Kafka", "9.9"], ["Kafka", undefined]] as const) {
    assertEquals(finding(server, line, "2030-01-01").state, "ok");
  }
});

Deno.test("the table has days and a source for each server", () => {
  for (const { lines, source } of Object.values(table)) {
    assert(source.startsWith("https://") && source.includes(": "), source);
    for (const [line, end] of Object.entries(lines as Record<string, string | null>)) {
      assert(/^\d+\.\d+$/.test(line), line);
      assert(end === null || new Date(end).toISOString().startsWith(end), `${line}: ${end}`);
    }
  }
});

Deno.test("lineOf() takes the line from a version", () => {
  const versions = ["5.0.9", "4.1.10", "6.0-alpha2", "4.0", "nightly", ""];
  assertEquals(versions.map(lineOf), ["5.0", "4.1", "6.0", "4.0", undefined, undefined]);
});
