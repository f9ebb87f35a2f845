import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Cluster, ClusterError, type KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { factsOf, makeAuthority } from "../../../../src/operator/security/certificate_authority.ts";
import { Certificates } from "../../../../src/operator/security/certificates.ts";
import type { Events } from "../../../../src/operator/reconcile/events.ts";
import { pipeline } from "../cluster_fake.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const never = new AbortController().signal;

/** Secrets in memory, and a clock. */
class Keeper {
  readonly secrets = new Map<string, KubernetesObject>();
  readonly said: string[] = [];
  writes = 0;
  now = Date.now();
  rolled = false;
  /** Told of which server it was asked. */
  onRolled: (server: string) => void = () => {};
  /** Of the ConfigMap that clients read. */
  trusted: string | undefined;
  /** A Secret that cannot be written. */
  broken: string | undefined;
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
    serverBits: 1024,
  });

  async ensure({ idle = false, lifetime = "90d", spec = {} } = {}) {
    const asked = pipeline({ ...spec, security: { tls: true, certificateLifetime: lifetime } });
    const { trusted } = this;
    const shown = { idle, trusted, isRolled: (server: string) => (this.onRolled(server), this.rolled) };
    const security = await this.certificates.ensure(asked, "required", shown, never);
    if (!idle) this.trusted = security.authorities;
    return security;
  }

  value(secret: string, key: string): string {
    return atob((this.secrets.get(secret)!.data as Record<string, string>)[key]!);
  }

  #store(object: KubernetesObject): Promise<KubernetesObject> {
    if (object.metadata.name === this.broken) {
      return Promise.reject(new ClusterError("no", { status: 500, reason: "InternalError" }));
    }
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

Deno.test("an operator that ends between two writes goes on where it stood: no server shows what others do not trust", async () => {
  const keeper = new Keeper();
  keeper.rolled = true;
  const first = await keeper.ensure();
  const shown = keeper.value("cassandra-tls", "tls.crt");
  keeper.secrets.delete("finnhub-pipe-ca");
  keeper.broken = "kafka-tls";
  await assertRejects(() => keeper.ensure(), ClusterError);
  keeper.broken = undefined;
  keeper.now += HOUR;
  const both = await keeper.ensure();
  assert(both.authorities.startsWith(first.authorities) && both.authorities !== first.authorities);
  assertEquals(keeper.value("cassandra-tls", "tls.crt"), shown);
  assertEquals(keeper.said.filter((each) => each.includes("signs from now on")), []);

  keeper.broken = "kafka-tls";
  await assertRejects(() => keeper.ensure(), ClusterError);
  keeper.broken = undefined;
  const signed = await keeper.ensure();
  assert(keeper.value("cassandra-tls", "tls.crt") !== shown);
  assert(signed.authorities.includes(first.authorities), "servers still show what the previous CA signed");
  assert(!(await keeper.ensure()).authorities.includes(first.authorities));
});

Deno.test("no CA signs before clients are told of it", async () => {
  const keeper = new Keeper();
  keeper.rolled = true;
  const { authorities } = await keeper.ensure();
  keeper.secrets.delete("finnhub-pipe-ca");
  await keeper.ensure();
  const shown = keeper.value("kafka-tls", "tls.crt");
  keeper.now += HOUR;
  for (const trusted of [authorities, undefined]) {
    keeper.trusted = trusted;
    await keeper.ensure();
    assertEquals(keeper.value("kafka-tls", "tls.crt"), shown);
  }
  await keeper.ensure();
  assert(keeper.value("kafka-tls", "tls.crt") !== shown);
});

Deno.test("a CA that is lost together with a server's Secret, or with all of them, is trusted on", async () => {
  const secrets = ["finnhub-pipe-ca", "kafka-tls", "cassandra-tls"];
  for (const lost of [secrets.slice(0, 2), secrets]) {
    const keeper = new Keeper();
    const first = await keeper.ensure();
    for (const name of lost) keeper.secrets.delete(name);
    const { authorities } = await keeper.ensure();
    assert(authorities.startsWith(first.authorities) && authorities !== first.authorities, lost.join());
  }
});

Deno.test("a certificate whose time runs out waits for a CA that all trust, while it holds", async () => {
  const keeper = new Keeper();
  await keeper.ensure();
  const shown = keeper.value("kafka-tls", "tls.crt");
  keeper.secrets.delete("finnhub-pipe-ca");
  await keeper.ensure();
  keeper.now += 70 * DAY;
  await keeper.ensure();
  assertEquals(keeper.value("kafka-tls", "tls.crt"), shown);
  keeper.now += 21 * DAY;
  await keeper.ensure();
  assert(keeper.value("kafka-tls", "tls.crt") !== shown, "nobody accepts it any more");
});

Deno.test("a Secret whose key is another's, or whose files differ, is made anew", async () => {
  const keeper = new Keeper();
  await keeper.ensure();
  const other = btoa((await makeAuthority({ from: 0, until: DAY }, random, 1024)).key);
  for (const change of [{ "tls.key": other }, { "keystore.pem": other }, { "keystore.pem": "" }]) {
    const shown = keeper.value("kafka-tls", "tls.crt");
    Object.assign(keeper.secrets.get("kafka-tls")!.data as object, change);
    await keeper.ensure();
    assert(keeper.value("kafka-tls", "tls.crt") !== shown, JSON.stringify(Object.keys(change)));
  }
});

Deno.test("a CA whose key is not its own is followed by another, and certificates are made once", async () => {
  for (const key of [(await makeAuthority({ from: 0, until: DAY }, random, 1024)).key, "nonsense"]) {
    const keeper = new Keeper();
    const first = await keeper.ensure();
    Object.assign(keeper.secrets.get("finnhub-pipe-ca")!.data as object, { "ca.key": btoa(key) });
    keeper.secrets.delete("kafka-tls");
    const { authorities } = await keeper.ensure();
    assert(authorities.includes(first.authorities) && authorities !== first.authorities);
    const { writes } = keeper;
    await keeper.ensure();
    assertEquals(keeper.writes, writes);
  }
});

Deno.test("what a clock that was wrong has made does not stay, whichever way it was wrong", async () => {
  for (const years of [-20, 20]) {
    const keeper = new Keeper();
    keeper.now += years * 365 * DAY;
    await keeper.ensure();
    keeper.now -= years * 365 * DAY;
    await keeper.ensure();
    for (const [secret, key] of [["finnhub-pipe-ca", "ca.crt"], ["kafka-tls", "tls.crt"]] as const) {
      const { from, until } = factsOf(keeper.value(secret, key))!;
      assert(from < keeper.now && until > keeper.now, `${secret} ${new Date(from)}`);
    }
    const { writes } = keeper;
    await keeper.ensure();
    assertEquals(keeper.writes, writes);
  }
});

Deno.test("a Secret of somebody else is not overwritten, and that is said", async () => {
  const keeper = new Keeper();
  const theirs = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "kafka-tls" },
    data: { "tls.key": "AA" },
  };
  keeper.secrets.set("kafka-tls", theirs);
  await assertRejects(() => keeper.ensure(), ClusterError, "Secret kafka-tls is not the operator's own");
  assertEquals(keeper.secrets.get("kafka-tls"), theirs);
  assertEquals(keeper.writes, 0);
});

Deno.test("Secrets of a Pipeline that was deleted belong to the one that follows: they do not go with the former", async () => {
  const keeper = new Keeper();
  const first = await keeper.ensure();
  for (const { metadata } of keeper.secrets.values()) metadata.ownerReferences![0]!.uid = "u0";
  await keeper.ensure({ idle: true });
  assertEquals(keeper.writes, 3);
  assertEquals(await keeper.ensure(), first);
  for (const { metadata } of keeper.secrets.values()) {
    assertEquals(metadata.ownerReferences?.map(({ uid }) => uid), ["u1"]);
  }
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

Deno.test("a server that somebody else runs gets no certificate, and no CA waits for it", async () => {
  const keeper = new Keeper();
  const spec = { kafka: { external: { bootstrapServers: ["kafka.example:9092"] } } };
  const shown: string[] = [];
  keeper.onRolled = (server) => shown.push(server);
  const { certificates, validUntil } = await keeper.ensure({ spec });
  assertEquals([...keeper.secrets.keys()].toSorted(), ["cassandra-tls", "finnhub-pipe-ca"]);
  assertEquals([certificates.kafka, certificates.cassandra === "", validUntil === undefined], [
    "",
    false,
    false,
  ]);
  keeper.rolled = true;
  await keeper.ensure({ spec });
  assertEquals([...new Set(shown)], ["cassandra"]);
});
