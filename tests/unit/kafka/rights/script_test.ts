import { assert, assertEquals } from "@std/assert";
import { PAGE_GROUPS, quoted, topicsScript } from "../../../../src/kafka/rights/script.ts";

const topics = [{ topic: "market", partitions: 4, replication: 3, retention: 86_400_000 }];

Deno.test("an administrator's commands make the topics as setup does, and no rights where there is no login", () => {
  const [line, ...rest] = topicsScript({ servers: ["a:9092", "b:9092"], topics, group: "g", user: "" });
  assertEquals(rest, []);
  assertEquals(
    line,
    "kafka-topics.sh --bootstrap-server a:9092,b:9092 $ADMIN --create --if-not-exists --topic market --partitions 4 " +
      "--replication-factor 3 --config retention.ms=86400000 --config min.insync.replicas=2 --config cleanup.policy=delete",
  );
});

Deno.test("a login is allowed the topics, the processors' group and those of live pages", () => {
  const lines = topicsScript({ servers: ["a:9092"], topics, group: "g", user: "O'Brien $HOME" }).slice(1);
  assertEquals(lines.length, 3);
  for (const line of lines) {
    assert(line.includes(`--allow-principal 'User:O'\\''Brien $HOME'`), line);
    assert(line.includes("--operation Read"), line);
  }
  assert(lines[1]!.endsWith("--group g"));
  assert(lines[2]!.endsWith(`--group ${PAGE_GROUPS} --resource-pattern-type prefixed`));
});

Deno.test("quoted() leaves plain words, and makes one word of all others", () => {
  assertEquals(["market.dlq", "a:9092,b", "a b", "$(x)", "", "'"].map(quoted), [
    "market.dlq",
    "a:9092,b",
    "'a b'",
    "'$(x)'",
    "''",
    `''\\'''`,
  ]);
});
