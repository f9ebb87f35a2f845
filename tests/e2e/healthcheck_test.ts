import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { RunningRole, runToEnd } from "./role.ts";

integrationTest("healthcheck says whether a role is ready, by its answer and by the exit code", async () => {
  await using simulator = new RunningRole("simulator", ["--listen", "127.0.0.1:0"], {});
  await using producer = new RunningRole("producer", ["--tickers", "AAPL"], {
    FINNHUB_API_TOKEN: "any",
    FINNHUB_WS_URL: "ws://127.0.0.1:1",
    KAFKA_SERVER: "127.0.0.1:1",
  });
  const ask = async (role: RunningRole) => await runToEnd(["healthcheck", `${await role.http()}/readyz`]);

  assertEquals(await ask(simulator), { code: 0, stdout: "ready\n", stderr: "" });
  const waiting = await ask(producer);
  assertEquals([waiting.code, waiting.stderr], [1, ""]);
  assertStringIncludes(waiting.stdout, "not connected to Kafka");
});

integrationTest(
  "healthcheck ends at once where nobody listens, and takes nothing but an http address",
  async () => {
    const nobody = await runToEnd(["healthcheck", "http://127.0.0.1:1/readyz"]);
    assertEquals(nobody.code, 1);
    assertMatch(nobody.stdout, /^127\.0\.0\.1:1 does not answer: /);
    for (
      const words of [["file:///etc/passwd"], ["nonsense"], ["http://127.0.0.1:1", "http://127.0.0.1:2"]]
    ) {
      const { code, stderr } = await runToEnd(["healthcheck", ...words]);
      assertEquals(code, 2, words.join(" "));
      assertStringIncludes(stderr, "healthcheck takes one http address");
    }
  },
);
