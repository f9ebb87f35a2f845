import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TRANSPORT } from "../../src/operator/security/transport.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/until.ts";
import { type Json, Operating } from "./operating.ts";

const SERVERS = ["kafka", "cassandra"];
const CLIENTS = ["producer", "processor", "dashboard", "grafana", "kafdrop"];

const stepOf = ({ spec }: Json): string => spec.template.metadata.annotations?.[TRANSPORT] ?? "plain";

/** How servers and clients spoke at one moment. */
interface Moment {
  servers: string[];
  clients: string[];
}

async function moment(stage: Operating): Promise<Moment> {
  const workloads = await stage.list("sts,deploy");
  const steps = (names: string[]) =>
    workloads.filter(({ metadata }) => names.includes(metadata.name)).map(stepOf);
  return { servers: steps(SERVERS), clients: steps(CLIENTS) };
}

/** Changes the spec, and returns every state that was seen from before to the end. */
async function moves(stage: Operating, tls: boolean): Promise<Moment[]> {
  const seen = [await moment(stage)];
  await stage.change({ security: { tls } });
  const goal = tls ? "required" : "plain";
  await until(`${goal} everywhere`, async () => {
    const now = await moment(stage);
    if (JSON.stringify(now) !== JSON.stringify(seen.at(-1))) seen.push(now);
    return now.servers.every((step) => step === goal) || JSON.stringify(now);
  }, { deadline: 90_000, interval: 50 });
  await stage.until("Ready");
  seen.push(await moment(stage));
  return seen;
}

const podsOf = async (stage: Operating, name: string): Promise<string[]> =>
  (await stage.list("pods", `--selector=app.kubernetes.io/name=${name}`)).map(({ metadata }) => metadata.uid);

/** No client, and no server, may meet a server that does not take what it speaks. */
function assertUnderstood({ clients, servers }: Moment): void {
  const together: [string[], string, string[], string][] = [
    [clients, "plain", servers, "required"],
    [clients, "tls", servers, "plain"],
    [servers, "plain", servers, "preferred"],
    [servers, "offered", servers, "required"],
  ];
  for (const [some, one, others, other] of together) {
    assert(!(some.includes(one) && others.includes(other)), JSON.stringify({ clients, servers }));
  }
}

integrationTest(
  "a running pipeline is moved to TLS and back, and its certificates are renewed",
  async (t) => {
    await using stage = await Operating.set();
    const operator = stage.operator();
    await stage.until("Ready");

    await t.step("an operator that may not keep certificates says so, and what runs goes on", async () => {
      const role = await stage.get("role", "finnhub-pipe-operator");
      const rules = role.rules.filter(({ resourceNames = [] }: Json) => !resourceNames.includes("kafka-tls"));
      const patch = (rules: Json) =>
        stage.kubectl(
          "patch",
          "role",
          "finnhub-pipe-operator",
          "--type=merge",
          `-p=${JSON.stringify({ rules })}`,
        );
      await patch(rules);
      await stage.change({ security: { tls: true } });
      const { message, reason } = await stage.until("Degraded");
      assertEquals(reason, "ChangeRefused");
      assertStringIncludes(message, "kubectl apply -f manifests/operator.yaml");
      assertEquals((await stage.condition("Ready")).status, "True");
      assertEquals((await moment(stage)).servers, ["plain", "plain"]);
      await stage.change({ security: { tls: false } });
      await patch(role.rules);
      await stage.until("Degraded", "False");
    });

    await t.step("to TLS, each step when all run the one before", async () => {
      const before = await podsOf(stage, "zookeeper");
      const seen = await moves(stage, true);
      seen.forEach(assertUnderstood);
      const steps = [...new Set(seen.flatMap(({ servers }) => servers))];
      assertEquals(steps, ["plain", "offered", "preferred", "required"]);
      assertEquals(new Set(seen.at(-1)!.clients), new Set(["tls"]));
      assertEquals(await podsOf(stage, "zookeeper"), before);
      const { status } = await stage.get("fpipe", "pipeline");
      assertEquals(status.security.transport, "required");
      assert(
        Date.parse(status.security.validUntil) > Date.now() + 89 * 86_400_000,
        status.security.validUntil,
      );
    });

    await t.step("clients trust the CA, and its key is the operator's alone", async () => {
      const { data } = await stage.get("configmap", "finnhub-pipe-ca");
      const secret = await stage.get("secret", "finnhub-pipe-ca");
      assertEquals(data["ca.crt"], atob(secret.data["ca.crt"]));
      for (const { metadata, spec } of await stage.list("pods")) {
        const mounted = JSON.stringify(spec.volumes.map(({ secret }: Json) => secret?.secretName));
        assert(!mounted.includes("finnhub-pipe-ca"), `${metadata.name} has the CA's key`);
      }
      const said = operator.stdout + operator.stderr +
        JSON.stringify(await stage.list("events,fpipe,cm,sts"));
      assert(!said.includes("PRIVATE KEY"), "a private key was told");
    });

    await t.step(
      "a certificate whose Secret is deleted is made anew, and its server rolled alone",
      async () => {
        const [kafka, cassandra] = [await podsOf(stage, "kafka"), await podsOf(stage, "cassandra")];
        const before = (await stage.get("secret", "kafka-tls")).data;
        await stage.kubectl("delete", "secret", "kafka-tls");
        // Secrets are not watched: the operator may see no more than its own.
        await stage.change({ tickers: ["AAPL"] });
        await until("another pod of Kafka", async () => {
          const now = await podsOf(stage, "kafka");
          return now.length === 1 && now[0] !== kafka[0] || "it is the same";
        });
        await stage.until("Ready");
        const after = (await stage.get("secret", "kafka-tls")).data;
        assert(after["tls.crt"] !== before["tls.crt"] && after["tls.key"] !== before["tls.key"]);
        assertEquals(after["ca.crt"], before["ca.crt"]);
        assertEquals(await podsOf(stage, "cassandra"), cassandra);
      },
    );

    await t.step("an operator that starts anew finds all as it is", async () => {
      const since = new Date();
      await operator.stop();
      stage.operator();
      await until("the lease to be taken over", async () => {
        const { spec } = await stage.get("lease", "finnhub-pipe-operator");
        return Date.parse(spec.acquireTime) > since.getTime() || "it is not";
      }, { interval: 200 });
      await stage.change({ tickers: ["MSFT"] });
      await until("the producer to be changed", async () => {
        const { spec } = await stage.get("deployment", "producer");
        return JSON.stringify(spec).includes("MSFT") || "it is not";
      });
      await stage.until("Ready");
      const written = (await stage.writes(since)).filter((each) => !/events|pipelines|producer/.test(each));
      assertEquals(written, []);
    });

    await t.step("back to plain TCP, by the same steps", async () => {
      const seen = await moves(stage, false);
      seen.forEach(assertUnderstood);
      const steps = [...new Set(seen.flatMap(({ servers }) => servers))];
      assertEquals(steps, ["required", "preferred", "offered", "plain"]);
      assertEquals(new Set(seen.at(-1)!.clients), new Set(["plain"]));
      const { status } = await stage.get("fpipe", "pipeline");
      assertEquals(status.security, undefined);
    });

    // Those of the first step, and no other.
    assertEquals(new Set(await stage.refusals()), new Set(["get secrets/kafka-tls"]));
  },
);
