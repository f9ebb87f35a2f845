import { assertEquals } from "@std/assert";
import { releaseFinding, settingsFindings } from "../../../../src/cassandra/doctor/release.ts";

const nodes = (...versions: string[]) => versions.map((version) => ({ version, datacenter: "dc1" }));
const told = (...versions: string[]) => {
  const { says, state } = releaseFinding(nodes(...versions), Date.parse("2026-11-01"));
  return `${state}: ${says}`;
};

Deno.test("Cassandra's release is told: in support, behind its end, unfinished, or two at once", () => {
  assertEquals(told("5.0.9", "5.0.9"), "ok: 5.0.9");
  assertEquals(told("4.1.10"), "ok: 4.1.10");
  assertEquals(told("3.11.19"), "warning: 3.11.19; its support ended on 2024-09-05");
  assertEquals(told("6.0-alpha2"), "warning: 6.0-alpha2, which is no finished release");
  assertEquals(told("5.0.9", "4.1.10", "5.0.9"), "warning: the nodes have 4.1.10 and 5.0.9");
  assertEquals(told(), "ok: not told");
});

Deno.test("more replicas than the data centre has nodes are told", () => {
  const three = nodes("5.0.9", "5.0.9", "5.0.9");
  const find = (datacenter: string, replication: number) =>
    settingsFindings(three, { datacenter, replication }).map(({ says }) => says);
  assertEquals(find("dc1", 3), []);
  assertEquals(find("dc1", 5), ["CASSANDRA_REPLICATION is 5, and dc1 has 3 node(s)"]);
  assertEquals(find("elsewhere", 5), [], "a wrong data centre is told before");
});
