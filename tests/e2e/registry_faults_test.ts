import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { framedEncoder, SCHEMA_TEXT } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { CertificateAuthority } from "../services/mod.ts";
import { assertStored } from "./check.ts";
import { openGate, registerAs, setCompatibility } from "./registry_api.ts";
import { CONFLUENT, withRegistry } from "./registry_pipeline.ts";
import { runToEnd } from "./role.ts";
import { writeTopic } from "./topic.ts";

integrationTest(
  "a registry by TLS with a login is used, and each fault is named without the password",
  () =>
    withRegistry("registry-login", async (pipeline, { url }) => {
      await using authority = await CertificateAuthority.make("the registry's CA");
      const certificate = await authority.issue("registry", { names: ["IP:127.0.0.1"] });
      await using gate = await openGate(url, { certificate, login: "reader:registry-pass-4711" });
      const env = {
        SCHEMA_REGISTRY_URL: gate.url,
        SCHEMA_REGISTRY_CA_FILE: authority.ca,
        SCHEMA_REGISTRY_USER: "reader",
        SCHEMA_REGISTRY_PASSWORD: "registry-pass-4711",
      };
      const id = await registerAs(url, "somebody-value", JSON.parse(SCHEMA_TEXT));
      const sent: Trade = { symbol: "X", price: 1, volume: 2, time: Date.now() - 60_000, conditions: [] };
      await writeTopic(pipeline, [framedEncoder(id)([sent])]);

      const wrong = pipeline.start("processor", [], {
        ...env,
        SCHEMA_REGISTRY_PASSWORD: "registry-pass-4711-old",
      });
      await wrong.says(/refuses the login \(401\); check SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD/);
      assertEquals((await wrong.stop()).code, 0);
      const right = pipeline.start("processor", [], env);
      await pipeline.drained();
      await assertStored(pipeline, [sent]);
      assertEquals(await pipeline.messages(`${pipeline.topic}.dlq`), 0);
      for (const { stderr, stdout } of [wrong, right]) {
        assert(!/pass-4711|cmVhZGVyO/.test(stdout + stderr), "a password was printed");
      }
      const doctor = await runToEnd(["doctor", "--checks", "registry"], {
        ...pipeline.env,
        ...env,
        SCHEMA_REGISTRY_CA_FILE: "",
      });
      assertEquals(doctor.code, 1);
      assertStringIncludes(doctor.stdout, "UnknownIssuer");
      assert(!/pass-4711/.test(doctor.stdout + doctor.stderr), "a password was printed");
    }),
);

integrationTest("a login stays with its host: no redirect of the registry is followed", async () => {
  const asked: string[] = [];
  await using elsewhere = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
    asked.push(url);
    return Response.json({ id: 1 });
  });
  await using registry = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.redirect(`http://127.0.0.1:${elsewhere.addr.port}/`, 307),
  );
  const { code, stdout } = await runToEnd(["doctor", "--checks", "registry"], {
    SCHEMA_REGISTRY_URL: `http://127.0.0.1:${registry.addr.port}`,
    SCHEMA_REGISTRY_USER: "reader",
    SCHEMA_REGISTRY_PASSWORD: "registry-pass-4711",
  });
  assertEquals([code, asked], [1, []]);
  assertStringIncludes(stdout, "redirect");
});

integrationTest(
  "a producer whose schema the registry refuses ends with what to do",
  () =>
    withRegistry("refused", async (pipeline, { url }) => {
      const subject = `${pipeline.topic}-value`;
      await registerAs(url, subject, {
        type: "record",
        name: "other",
        fields: [{ name: "text", type: "string" }],
      });
      await setCompatibility(url, subject, "BACKWARD");
      const simulator = await pipeline.simulator(["--symbols", "A", "--rate", "10"]);
      const env = { ...pipeline.env, ...simulator.env, ...CONFLUENT, HTTP_LISTEN: "127.0.0.1:0" };
      const { code, stderr } = await runToEnd(["producer", "--tickers", "A"], env);
      assertEquals(code, 1);
      assertStringIncludes(stderr, `not compatible with what subject ${subject} has`);
      assertStringIncludes(stderr, "KAFKA_VALUE_FORMAT=avro");
      assertEquals(await pipeline.messages(), 0);
      const doctor = await runToEnd(["doctor", "--checks", "registry"], pipeline.env);
      assertEquals(doctor.code, 1);
      assertStringIncludes(doctor.stdout, "with which ours is not compatible");
    }),
);

integrationTest("a wrong setting of the registry is one line that names it, and no password", async () => {
  const cases: [string, Record<string, string>, string][] = [
    ["producer", CONFLUENT, "KAFKA_VALUE_FORMAT=confluent needs SCHEMA_REGISTRY_URL"],
    ["producer", { KAFKA_VALUE_FORMAT: "json" }, "KAFKA_VALUE_FORMAT must be one of avro, confluent"],
    ["processor", { SCHEMA_REGISTRY_URL: "ftp://127.0.0.1/" }, "SCHEMA_REGISTRY_URL must be an address"],
    [
      "processor",
      { SCHEMA_REGISTRY_URL: "http://reader:registry-pass-4711@127.0.0.1/" },
      "SCHEMA_REGISTRY_URL must be an address that starts with http:// or https://, without user, password",
    ],
    [
      "dashboard",
      { SCHEMA_REGISTRY_URL: "http://127.0.0.1/", SCHEMA_REGISTRY_PASSWORD: "registry-pass-4711" },
      "SCHEMA_REGISTRY_PASSWORD is set and SCHEMA_REGISTRY_USER is not",
    ],
  ];
  for (const [role, env, text] of cases) {
    const { code, stderr } = await runToEnd([role], { FINNHUB_API_TOKEN: "any-token", ...env });
    assertEquals([code, stderr.trimEnd().split("\n").length], [2, 1], stderr);
    assertStringIncludes(stderr, text);
    assert(!stderr.includes("pass-4711"), stderr);
  }
});
