import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MessageError, SCHEMA_TEXT } from "../../../src/market/message.ts";
import { SettingError } from "../../../src/settings/read_settings.ts";
import { RegistryError, registryExchange } from "../../../src/registry/http.ts";
import type { RegistrySettings } from "../../../src/settings/registry.ts";
import { registryMetrics } from "../../../src/registry/metrics.ts";
import { registerSchema } from "../../../src/registry/registration.ts";
import { SchemaRefused, SchemaRegistry } from "../../../src/registry/schema_registry.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { silent } from "../processing/fakes.ts";

type Sent = { url: string; init: RequestInit };

const SETTINGS: RegistrySettings = {
  registryUrl: new URL("http://registry:8081/apis/ccompat/v7/"),
  registryUser: "reader",
  registryPassword: "s3cret",
  registryCaFile: undefined,
};

/** A registry whose answers a test gives one after the other, as what Confluent's reference says of them. */
function registryOf(...answers: (Response | Error)[]) {
  const sent: Sent[] = [];
  const exchange = registryExchange(SETTINGS, (url, init) => {
    sent.push({ url: String(url), init: init! });
    const answer = answers.shift()!;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  })!;
  const metrics = registryMetrics(new MetricRegistry());
  return { registry: new SchemaRegistry(exchange, metrics), metrics, sent };
}

const signal = new AbortController().signal;
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const refusal = (status: number, error_code: number, message = "why") =>
  json({ error_code, message }, status);

Deno.test("a schema is asked for by its id below the path of the address, with the login, and no redirect is followed", async () => {
  const { registry, sent } = registryOf(json({ schema: SCHEMA_TEXT }));
  assertEquals(await registry.schema(42, signal), SCHEMA_TEXT);
  const { init, url } = sent[0]!;
  assertEquals(url, "http://registry:8081/apis/ccompat/v7/schemas/ids/42");
  assertEquals(init.redirect, "error");
  assertEquals((init.headers as Record<string, string>).authorization, `Basic ${btoa("reader:s3cret")}`);
});

Deno.test("what no later answer could mend makes a dead letter", async () => {
  const cases: [Response, string][] = [
    [refusal(404, 40_403), "schema 1 is not in the schema registry"],
    [json({ schema: "{}", schemaType: "PROTOBUF" }), "is not Avro but PROTOBUF"],
    [json({ schema: "{}", references: [{ name: "a", subject: "b", version: 1 }] }), "refers to others"],
    [json({ schema: "x".repeat(300_000) }), "larger than 262144 bytes"],
  ];
  for (const [answer, text] of cases) {
    await assertRejects(() => registryOf(answer).registry.schema(1, signal), MessageError, text);
  }
  const { registry, sent } = registryOf();
  await assertRejects(() => registry.schema(0xffff_ffff, signal), MessageError, "cannot be");
  assertEquals(sent, []);
});

Deno.test("what may pass is no dead letter: it says which setting to check, and no secret", async () => {
  const cases: [Response | Error, string][] = [
    [new TypeError("connection refused"), "is not reached (connection refused); check SCHEMA_REGISTRY_URL"],
    [refusal(401, 40_101), "check SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD"],
    [refusal(403, 40_301), "check SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD"],
    [refusal(500, 50_001, "store\nfailed"), "answers 500 store failed"],
    [refusal(429, 42_901), "answers 429"],
    // The address leads beside the API: else every message would be a dead letter.
    [refusal(404, 404), "check SCHEMA_REGISTRY_URL"],
    [new Response("<html>", { status: 404 }), "check SCHEMA_REGISTRY_URL"],
    [new Response("<html>"), "check SCHEMA_REGISTRY_URL"],
    [json({ no: "schema" }), "check SCHEMA_REGISTRY_URL"],
  ];
  for (const [answer, text] of cases) {
    const { metrics, registry } = registryOf(answer);
    const error = await assertRejects(() => registry.schema(1, signal), RegistryError, text);
    assert(!error.message.includes("s3cret"));
    assertEquals(metrics.requests.value(), 1);
  }
});

Deno.test("our schema is registered as a topic's values, again and again until the registry answers", async () => {
  const { metrics, registry, sent } = registryOf(new TypeError("refused"), json({ id: 3 }));
  const options = { registry, topic: "a/b", log: silent, random: () => 0 };
  assertEquals(await registerSchema(options, signal), 3);
  const { init, url } = sent[1]!;
  assertEquals(url, "http://registry:8081/apis/ccompat/v7/subjects/a%2Fb-value/versions");
  assertEquals([init.method, JSON.parse(init.body as string)], ["POST", { schema: SCHEMA_TEXT }]);
  assertEquals(
    (init.headers as Record<string, string>)["content-type"],
    "application/vnd.schemaregistry.v1+json",
  );
  assertEquals([metrics.requests.value(), metrics.failures.value()], [2, 1]);
});

Deno.test("a registry that refuses our schema is not asked again; the error says what to do", async () => {
  for (const [status, text] of [[409, "not compatible"], [422, "does not take our schema"]] as const) {
    const { registry, sent } = registryOf(refusal(status, status));
    const options = { registry, topic: "t", log: silent, random: () => 0 };
    await assertRejects(() => registerSchema(options, signal), SchemaRefused, text);
    assertEquals(sent.length, 1);
  }
});

Deno.test("how our schema stands is asked for without a change", async () => {
  const cases: [Response[], string][] = [
    [[json({ id: 1, version: 1 })], "registered"],
    [[refusal(404, 40_401)], "no schema yet"],
    [[refusal(404, 40_403), json({ is_compatible: true })], "compatible"],
    [[refusal(404, 40_403), json({ is_compatible: false })], "incompatible"],
  ];
  for (const [answers, standing] of cases) {
    const { registry, sent } = registryOf(...answers);
    assertEquals(await registry.standing("t", signal), standing);
    assert(sent.every(({ url }) => !url.endsWith("t-value/versions")));
  }
});

Deno.test("half a login is a wrong setting; no address is no registry", () => {
  const none = { ...SETTINGS, registryUrl: undefined };
  assertEquals(registryExchange(none, fetch), undefined);
  for (const half of ["registryUser", "registryPassword"] as const) {
    assertThrows(
      () => registryExchange({ ...SETTINGS, [half]: "" }, fetch),
      SettingError,
      "a login needs both",
    );
  }
});
