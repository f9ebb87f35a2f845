import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Pipeline, readPipeline } from "../../../../src/operator/pipeline.ts";
import { type Limits, NO_LIMITS, refuseForbidden } from "../../../../src/operator/reconcile/limits.ts";
import { isOwnSecret, OWN_SECRETS } from "../../../../src/operator/security/own_secrets.ts";

/** A Pipeline as it was stored before the schema knew better. */
const stored = (spec: object): Pipeline =>
  readPipeline({ apiVersion: "finnhub-pipe.dev/v1alpha1", kind: "Pipeline", metadata: { name: "p" }, spec });
const refused = (spec: object, limits: Partial<Limits> = {}) =>
  refuseForbidden(stored(spec), { ...NO_LIMITS, ...limits });
const fields = (spec: object, limits: Partial<Limits> = {}) =>
  refused(spec, limits).map(({ field }) => field);

Deno.test("no reference of a Pipeline gets one of the operator's Secrets, whatever key it names", () => {
  assertEquals(Object.keys(OWN_SECRETS).length, 5);
  const names = [
    ...Object.keys(OWN_SECRETS),
    "finnhub-pipe-operator-token-x7z2q",
    "finnhub-pipe-of-tomorrow",
  ];
  for (const name of names) {
    const [token] = refused({ feed: { tokenSecret: { name, key: "token" } } });
    assertEquals([token?.field, token?.components], ["feed.tokenSecret.name", ["producer"]], name);
    assertStringIncludes(token!.sentence, `Secret ${name} is the operator's own; name another one`);
    assertEquals(fields({ images: { pullSecrets: ["mine", name] } }), ["images.pullSecrets"]);
    const [registry] = refused({ schemaRegistry: { url: "https://r/", passwordSecret: { name, key: "k" } } });
    assertEquals(registry?.components, ["producer", "processor", "dashboard"]);
    const [traces] = refused({ tracing: { otlpEndpoint: "https://t/", headersSecret: { name, key: "k" } } });
    assertEquals(traces?.field, "tracing.headersSecret.name");
    const exposure = { type: "Ingress", host: "a.example", tlsSecretName: name };
    assertEquals(fields({ exposure }), ["exposure.tlsSecretName"]);
  }
  for (const name of ["finnhub", "pages-tls", "kafka-tls-mine", "finnhub-pipes"]) {
    assert(!isOwnSecret(name), name);
    assertEquals(refused({ feed: { tokenSecret: { name } }, images: { pullSecrets: [name] } }), []);
  }
});

Deno.test("the token is sent unencrypted to hosts that the operator was told of, and to no others", () => {
  const feed = { websocketUrl: "ws://elsewhere:8801/?x=secret", restUrl: "http://elsewhere/api" };
  const [websocket, rest] = refused({ feed });
  assertEquals([websocket!.components, rest!.components], [["producer"], ["producer"]]);
  for (const word of ["feed.websocketUrl: ", "use wss:", "--allow-plain-feed elsewhere:8801"]) {
    assertStringIncludes(websocket!.sentence, word);
  }
  assert(!websocket!.sentence.includes("secret"));
  assertStringIncludes(rest!.sentence, "feed.restUrl: ");
  assertEquals(fields({ feed }, { plainFeed: ["elsewhere"] }), []);
  assertEquals(fields({ feed }, { plainFeed: ["ELSEWHERE:8801"] }), ["feed.restUrl"]);
  assertEquals(fields({ feed }, { plainFeed: ["elsewhere:80"] }), ["feed.websocketUrl"]);
  for (const host of ["else", "elsewhere.example", "where", "elsewhere:88"]) {
    assertEquals(fields({ feed }, { plainFeed: [host] }).length, 2, host);
  }
  assertEquals(fields({ feed: { websocketUrl: "ws://[::1]:8801/" } }, { plainFeed: ["[::1]"] }), []);
  assertEquals(fields({ feed: { websocketUrl: "wss://elsewhere/", restUrl: "https://elsewhere/" } }), []);
  assertEquals(fields({ feed: { websocketUrl: "ws://[nowhere" } }), ["feed.websocketUrl"]);
});

Deno.test("a feed is where the operator allows it, or at Finnhub", () => {
  const limits = { feedHosts: ["feed.example"] };
  const at = (websocketUrl: string) => fields({ feed: { websocketUrl } }, limits);
  assertEquals(at("wss://feed.example/"), []);
  assertEquals(at("wss://ws.finnhub.io/"), []);
  for (const host of ["elsewhere.example", "feed.example.net", "ws.finnhub.io.example"]) {
    assertEquals(at(`wss://${host}/`), ["feed.websocketUrl"], host);
  }
  // That a host is allowed does not make it a safe one to be plain with.
  assertEquals(at("ws://feed.example/"), ["feed.websocketUrl"]);
  assertEquals(fields({ feed: { restUrl: "https://elsewhere/" } }, limits), ["feed.restUrl"]);
  assertEquals(fields({}, limits), []);
});

Deno.test("a Secret goes to a registry, and to a receiver of traces, as the token does to a feed", () => {
  const secret = { name: "mine", key: "k" };
  const registry = (url: string, limits: Partial<Limits> = {}) =>
    fields({ schemaRegistry: { url, passwordSecret: secret } }, limits);
  const traces = (otlpEndpoint: string, limits: Partial<Limits> = {}) =>
    fields({ tracing: { otlpEndpoint, headersSecret: secret } }, limits);
  assertEquals([registry("https://r.example"), traces("https://t.example")], [[], []]);
  assertEquals(registry("http://r.example"), ["schemaRegistry.url"]);
  assertEquals(traces("http://t.example"), ["tracing.otlpEndpoint"]);
  assertEquals(registry("http://r.example", { plainFeed: ["r.example"] }), []);
  assertEquals(registry("https://r.example", { feedHosts: ["feed.example"] }), ["schemaRegistry.url"]);
  assertEquals(traces("https://feed.example", { feedHosts: ["feed.example"] }), []);
  const [told] = refused({ schemaRegistry: { url: "http://r.example", passwordSecret: secret } });
  assertStringIncludes(told!.sentence, "http: shows the password to whoever listens");
  // Without a Secret nothing is told.
  assertEquals(fields({ schemaRegistry: { url: "http://r" }, tracing: { otlpEndpoint: "http://t" } }), []);
});

Deno.test("no annotation makes the Ingress controller run code, or gives it a Secret", () => {
  const at = (key: string) =>
    fields({ exposure: { type: "Ingress", host: "a.example", annotations: { [key]: "x" } } });
  const bad = [
    "configuration-snippet",
    "server-snippet",
    "auth-tls-secret",
    "auth-secret",
    "proxy-ssl-secret",
  ];
  for (const name of bad) {
    assertEquals(at(`nginx.ingress.kubernetes.io/${name}`), ["exposure.annotations"], name);
  }
  assertEquals(at("finnhub-pipe.dev/adopt"), ["exposure.annotations"]);
  for (const name of ["cert-manager.io/cluster-issuer", "nginx.ingress.kubernetes.io/ssl-redirect"]) {
    assertEquals(at(name), [], name);
  }
});

Deno.test("images are of the places that the operator allows, by whole parts of their names", () => {
  const limits = { images: ["registry.example/team/", "ghcr.io/one/pipe", "local:5000"] };
  const run = (image: string) => fields({ images: { grafana: image } }, limits).length === 0;
  for (
    const image of [
      "registry.example/team/x:1",
      "ghcr.io/one/pipe",
      "ghcr.io/one/pipe:2",
      "ghcr.io/one/pipe@sha256:1",
      "ghcr.io/one/pipe/more:1",
      "local:5000/x",
    ]
  ) assert(run(image), image);
  for (
    const image of [
      "registry.example/teams/x",
      "registry.example.net/team/x",
      "ghcr.io/one/pipeline",
      "ghcr.io/one/pipe:5000/x",
      "local:50001/x",
      "x/registry.example/team/x",
      "grafana/grafana:1",
    ]
  ) assert(!run(image), image);
  const [one] = refused({ images: { kafka: "bad/kafka" } }, limits);
  assertEquals([one!.field, one!.components], ["images.kafka", ["zookeeper", "kafka-controller", "kafka"]]);
  assertStringIncludes(one!.sentence, "registry.example/team/ or ghcr.io/one/pipe");
  const every = { pipeline: "a", kafka: "a", cassandra: "a", grafana: "a", kafdrop: "a", cassandraWeb: "a" };
  assertEquals(refused({ images: every }, limits).length, 6);
  assertEquals(refused({ images: every }), []);
});

Deno.test("a login goes to somebody else's server by TLS, or where the operator was told of it", () => {
  const passwordSecret = { name: "theirs", key: "password" };
  const spec = (tls: boolean, name = "theirs") => ({
    kafka: {
      external: {
        bootstrapServers: ["b.example:9092"],
        ...(tls && { tls: {} }),
        sasl: { mechanism: "plain", user: "me", passwordSecret: { ...passwordSecret, name } },
      },
    },
    cassandra: {
      external: {
        contactPoints: ["c.example"],
        datacenter: "dc",
        ...(tls && { tls: { caConfigMap: "ca" } }),
        login: { user: "me", passwordSecret: { ...passwordSecret, name } },
      },
    },
  });
  assertEquals(fields(spec(true)), []);
  assertEquals(fields(spec(false)), ["kafka.external.sasl", "cassandra.external.login"]);
  const [kafka, cassandra] = refused(spec(false));
  assertEquals(
    kafka!.sentence,
    "kafka.external.sasl: tcp: shows the password to whoever listens; use tls: with b.example:9092, or start the operator " +
      "with --allow-plain-feed b.example:9092",
  );
  assertEquals(kafka!.components, ["setup", "processor", "producer", "dashboard", "kafdrop"]);
  assert(cassandra!.components.includes("grafana"));
  assertEquals(fields(spec(false), { plainFeed: ["b.example", "c.example:9042"] }), []);
  assertEquals(fields(spec(true), { feedHosts: ["b.example"] }), ["cassandra.external.login"]);
  assertEquals(fields(spec(true, "finnhub-pipe-credentials")), [
    "kafka.external.sasl.passwordSecret.name",
    "cassandra.external.login.passwordSecret.name",
  ]);
});
