import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CASSANDRA_ANSWERS, cassandraAnswer } from "../../../src/cassandra/answers.ts";

const response = (code: number, message = "") =>
  Object.assign(new Error(message), { name: "ResponseError", code });
const allHosts = (...errors: unknown[]) =>
  Object.assign(new Error("All host(s) tried for query failed"), { innerErrors: { ...errors } });

/** As native protocol v5 lists them, section 8; those of cassandra-driver 4.10.0 are among them. */
const CODES = [
  ...[0x0000, 0x000a, 0x0100],
  ...[0x1000, 0x1001, 0x1002, 0x1003, 0x1100, 0x1200, 0x1300, 0x1400, 0x1500, 0x1600, 0x1700],
  ...[0x2000, 0x2100, 0x2200, 0x2300, 0x2400, 0x2500],
];

Deno.test("every error of the native protocol has an answer, and whoever can do something is told what", () => {
  assertEquals([...CASSANDRA_ANSWERS.keys()], CODES);
  for (const { answer, name, remedy } of CASSANDRA_ANSWERS.values()) {
    assert(remedy !== undefined || answer === "done" || answer === "anew", name);
  }
});

Deno.test("cassandraAnswer() finds a node's answer also where the driver tells of several hosts", () => {
  for (const error of [response(0x1001), allHosts(response(0x1001)), allHosts(allHosts(response(0x1001)))]) {
    assertEquals(cassandraAnswer(error).name, "OVERLOADED");
  }
  const refused = Object.assign(new Error("Bad credentials"), { name: "AuthenticationError" });
  assertEquals(cassandraAnswer(allHosts(refused)).name, "BAD_CREDENTIALS");
  for (const error of [new Error("ECONNREFUSED"), allHosts(), null, "x", response(0x7777)]) {
    assertEquals(cassandraAnswer(error).answer, "again");
  }
});

Deno.test("cassandraAnswer() knows by its words what has no code of its own", () => {
  assertEquals(
    cassandraAnswer(response(0x2200, "Encountered an oversized mutation (17000000/16777216)")).answer,
    "split",
  );
  assertEquals(cassandraAnswer(response(0x2200, "Batch too large")).answer, "split");
  const ttl =
    "Request on table market.trades with ttl of 630720000 seconds exceeds maximum supported expiration date of " +
    "2038-01-19T03:14:06+00:00.";
  assertStringIncludes(cassandraAnswer(response(0x2200, ttl)).remedy!, "CASSANDRA_TRADES_TTL");
  assertEquals(cassandraAnswer(response(0x2200, "unconfigured table trades")).name, "INVALID");
});
