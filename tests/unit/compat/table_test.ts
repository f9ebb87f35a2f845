import { assert, assertEquals } from "@std/assert";
import cassandra41 from "../../services/pom/cassandra-4.1/pom.xml" with { type: "text" };
import cassandra60 from "../../services/pom/cassandra-6.0/pom.xml" with { type: "text" };
import cassandra50 from "../../services/pom/cassandra/pom.xml" with { type: "text" };
import kafka44 from "../../services/pom/kafka-4.4/pom.xml" with { type: "text" };
import kafka39 from "../../services/pom/kafka/pom.xml" with { type: "text" };
import readme from "../../compat/README.md" with { type: "text" };
import { CELLS } from "../../compat/cells.ts";
import { allWell, type CellResult, COMPAT_PLACE, compatTable, STEP_NAMES } from "../../compat/table.ts";
import { CASSANDRA_RELEASES, KAFKA_RELEASES } from "../../services/releases.ts";
import { assertSameTable, withTable } from "../../tables.ts";

const POMS: Record<string, string> = {
  "kafka": kafka39,
  "kafka-4.4": kafka44,
  "cassandra": cassandra50,
  "cassandra-4.1": cassandra41,
  "cassandra-6.0": cassandra60,
};

const well = (): CellResult[] =>
  CELLS.map((cell) => ({
    cell,
    outcomes: Object.fromEntries(STEP_NAMES.map((name) => [name, "yes"])) as CellResult["outcomes"],
  }));

Deno.test("the table of compatibility has today's releases and steps, and no step that failed", () => {
  const right = withTable(readme, COMPAT_PLACE, compatTable(well()));
  assertSameTable("tests/compat/README.md", readme, right, COMPAT_PLACE, "make compat");
});

Deno.test("a release has the version that its pom fetches", () => {
  for (const { pom, version } of Object.values({ ...KAFKA_RELEASES, ...CASSANDRA_RELEASES })) {
    assert(POMS[pom]!.includes(`<version>${version}</version>`), `pom/${pom} does not fetch ${version}`);
  }
});

Deno.test("every release of Kafka and Cassandra is in a cell, Kafka 3.9 in both of its modes", () => {
  assertEquals(new Set(CELLS.map(({ kafka }) => kafka)), new Set(Object.keys(KAFKA_RELEASES)));
  assertEquals(new Set(CELLS.map(({ cassandra }) => cassandra)), new Set(Object.keys(CASSANDRA_RELEASES)));
  assertEquals(CELLS.filter(({ kafka }) => kafka === "3.9").map(({ mode }) => mode).toSorted(), [
    "KRaft",
    "ZooKeeper",
    "ZooKeeper",
    "ZooKeeper",
  ]);
});

Deno.test("allWell() is false when a step failed or was not reached", () => {
  assert(allWell(well()));
  for (const outcome of ["no", "not run"] as const) {
    const results = well();
    results[1]!.outcomes.backfill = outcome;
    assert(!allWell(results));
    assert(compatTable(results).includes(`| ${outcome} |`));
  }
});
