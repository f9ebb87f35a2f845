import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { freePorts } from "../services/ports.ts";
import { RunningRole } from "./role.ts";

/** Where nobody listens. */
function nowhere(): Record<string, string> {
  const [kafka, cassandra] = freePorts(2) as [number, number];
  return { KAFKA_SERVER: `127.0.0.1:${kafka}`, CASSANDRA_HOST: `127.0.0.1:${cassandra}` };
}

integrationTest(
  "processor without Kafka says so once with the remedy, is not ready, and stops at once",
  async () => {
    await using processor = new RunningRole("processor", [], { ...nowhere(), LOG_LEVEL: "debug" });
    await until("a reason", async () => {
      const { text } = await processor.readiness();
      return text.includes("Kafka cannot be read since 20") || text;
    });
    const { status, text } = await processor.readiness();
    assertEquals(status, 503);
    assertStringIncludes(text, "KAFKA_SERVER");
    await until("many tries", () => {
      const tries = processor.stderr.split("ECONNREFUSED").length;
      return Promise.resolve(tries > 40 || `${tries}`);
    });
    const warnings = processor.stderr.split("\n").filter((line) => /"level":"(warn|error)"/.test(line));
    assertEquals(warnings.length, 1, warnings.join("\n"));
    assertStringIncludes(warnings[0]!, "KAFKA_SERVER");
    const { code, ms } = await processor.stop();
    assertEquals(code, 0);
    assert(ms < 2000, `${ms} ms`);
  },
);

integrationTest(
  "setup that is stopped while it waits says so in words, and ends at once with 1",
  async () => {
    await using setup = new RunningRole("setup", ["--wait", "60s"], nowhere());
    await setup.says(/not there yet/);
    const { code, ms } = await setup.stop();
    assertEquals(code, 1);
    assertStringIncludes(setup.stderr, "stopped before it was complete");
    assert(ms < 2000, `${ms} ms`);
  },
);
