import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Cluster, ClusterError, type KubernetesObject } from "../../../src/kubernetes/cluster.ts";
import { factsOf, makeAuthority } from "../../../src/operator/certificate_authority.ts";
import { Certificates } from "../../../src/operator/certificates.ts";
import type { Events } from "../../../src/operator/events.ts";
import { pipeline } from "./cluster_fake.ts";

const DAY = 86_400_000;
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const never = new AbortController().signal;

/** Secrets in memory, and a clock. */
class Keeper {
  readonly secrets = new Map<string, KubernetesObject>();
  readonly said: string[] = [];
  writes = 0;
  now = Date.now();
  rolled = false;
  readonly certificates = new Certificates({
    cluster: {
      get: ({ name }) => Promise.resolve(structuredClone(this.secrets.get(name))),
      create: (object) => this.#store(object),
      replace: (object) => this.#store(object),
    } as Partial<Cluster> as Cluster,
    events: {
      add: (_, __, reason, message) => this.said.push(`${reason} ${message}`),
    } as Partial<Events> as Events,
    now: () => this.now,
    randomBytes: random,
    makeAuthority: (validity) => makeAuthority(validity, random, 1024),
  });

  ensure({ idle = false, lifetime = "90d" } = {}) {
    const asked = pipeline({ security: { tls: true, certificateLifetime: lifetime } });
    return this.certificates.ensure(asked, "required", { idle, isRolled: () => this.rolled }, never);
  }

  value(secret: string, key: string): string {
    return atob((this.secrets.get(secret)!.data as Record<string, string>)[key]!);
  }

  #store(object: KubernetesObject): Promise<KubernetesObject> {
    this.writes++;
    this.secrets.set(object.metadata.name, structuredClone(object));
    return Promise.resolve(object);
  }
}

Deno.test("a CA and a certificate for each server are made once, belong to the Pipeline, and are told to nobody", async () => {
  const keeper = new Keeper();
  const made = await keeper.ensure();
  assertEquals([...keeper.secrets.keys()].sort(), ["cassandra-tls", "finnhub-pipe-ca", "kafka-tls"]);
  for (const { metadata } of keeper.secrets.values()) assertEquals(metadata.ownerReferences?.[0]?.uid, "u1");
  assertEquals(factsOf(keeper.value("kafka-tls", "tls.crt"))!.names, [
    "kafka",
    "kafka.trades.svc",
    "kafka.trades.svc.cluster.local",
    "*.kafka-headless.trades.svc",
  ]);
  assertEquals(made.authorities, keeper.value("finnhub-pipe-ca", "ca.crt"));
  assertEquals(keeper.value("cassandra-tls", "ca.crt"), made.authorities);
  assert(keeper.value("kafka-tls", "keystore.pem").includes("PRIVATE KEY"));
  const left = Date.parse(made.validUntil!) - keeper.now;
  assert(left > 89 * DAY && left <= 90 * DAY, `${left} ms`);
  assert(!/PRIVATE|BEGIN/.test(keeper.said.join() + JSON.stringify(made.certificates)));

  assertEquals(await keeper.ensure(), made);
  assertEquals(keeper.writes, 3);
});

Deno.test("certificates are renewed when a third of their time is left, when they are lost, and when they are nonsense", async () => {
  const keeper = new Keeper();
  const first = await keeper.ensure();
  keeper.now += 59 * DAY;
  assertEquals(await keeper.ensure(), first);
  keeper.now += 2 * DAY;
  const second = await keeper.ensure();
  assert(second.certificates.kafka !== first.certificates.kafka);
  assert(second.certificates.cassandra !== first.certificates.cassandra);
  assertEquals(second.authorities, first.authorities);

  keeper.secrets.delete("kafka-tls");
  const third = await keeper.ensure();
  assert(third.certificates.kafka !== second.certificates.kafka);
  assertEquals(third.certificates.cassandra, second.certificates.cassandra);

  keeper.secrets.get("cassandra-tls")!.data = { "tls.crt": "%", "tls.key": btoa("key") };
  const fourth = await keeper.ensure();
  assert(fourth.certificates.cassandra !== third.certificates.cassandra);
  assert(keeper.said.at(-1)!.endsWith("cassandra has a new certificate: there was none"));
});

Deno.test("a deleted CA is followed by another: all trust both before servers show the new one's signature", async () => {
  const keeper = new Keeper();
  const first = await keeper.ensure();
  const shown = keeper.value("kafka-tls", "tls.crt");
  keeper.secrets.delete("finnhub-pipe-ca");
  keeper.rolled = true;
  const both = await keeper.ensure();
  assert(both.authorities.startsWith(first.authorities) && both.authorities !== first.authorities);
  assertEquals(keeper.value("kafka-tls", "tls.crt"), shown);
  assert(both.certificates.kafka !== first.certificates.kafka, "servers have to be told of the new one");

  keeper.rolled = false;
  keeper.now += 3_600_000;
  assertEquals(await keeper.ensure(), both);
  keeper.rolled = true;
  const signed = await keeper.ensure();
  assert(keeper.value("kafka-tls", "tls.crt") !== shown);
  assert(signed.authorities.includes(first.authorities), "clients still meet servers of before");

  const last = await keeper.ensure();
  assert(!last.authorities.includes(first.authorities));
});

Deno.test("an idle pass writes nothing", async () => {
  const keeper = new Keeper();
  assertEquals((await keeper.ensure({ idle: true })).certificates, { kafka: "", cassandra: "" });
  assertEquals(keeper.writes, 0);
});

Deno.test("what the API server refuses is its error", async () => {
  const keeper = new Keeper();
  const refused = () => Promise.reject(new ClusterError("no", { status: 403, reason: "Forbidden" }));
  keeper.certificates.options.cluster.create = refused;
  await assertRejects(() => keeper.ensure(), ClusterError, "no");
});
