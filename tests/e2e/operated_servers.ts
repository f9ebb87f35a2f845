import { cassandraConfig } from "../../src/operator/components/cassandra.ts";
import { kafkaConfig } from "../../src/operator/components/kafka/kafka.ts";
import { Authorities } from "../../src/operator/security/authorities.ts";
import { issue, makeAuthority } from "../../src/operator/security/certificate_authority.ts";
import { KAFKA_LOGIN_KEYS } from "../../src/operator/security/security.ts";
import type { Transport } from "../../src/operator/security/transport.ts";
import { type Endpoints, type Server, type Services, startServices } from "../services/mod.ts";
import { runCommand } from "../services/run_command.ts";

const MANIFESTS = new URL("../../manifests/", import.meta.url).pathname;
const DAY = 86_400_000;
const YEAR = 365 * DAY;
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** Every login has a password of its own. */
export const passwordOf = (user: string): string => `${user}-pass-4711`;

/**
 * Three brokers and three nodes with the configuration that the operator would give them, its CA and certificates, and its
 * probes; only addresses and paths are of this machine.
 */
export class OperatedServers implements AsyncDisposable {
  /** What servers that are started from now on run. */
  transport: Transport = "plain";
  readonly #authorities = Authorities.read({}, "");
  #services: Services | undefined;

  private constructor(readonly folder: string) {}

  static async start(): Promise<OperatedServers> {
    const servers = new OperatedServers(await Deno.makeTempDir({ prefix: "finnhub-pipe-operated-" }));
    await servers.advance(Date.now() - 8 * YEAR);
    const env = Object.fromEntries(
      KAFKA_LOGIN_KEYS.map((key) => [
        key.toUpperCase().replace("-", "_"),
        passwordOf(key.replace("-password", "")),
      ]),
    );
    servers.#services = await startServices({
      kafkaBrokers: 3,
      cassandraNodes: 3,
      configured: {
        kafka: {
          env: { ...env, POD_NAME: "localhost", NAMESPACE: "none" },
          properties: (own, ports) => servers.#properties(own, ports),
          ready: (port) => probe(`${MANIFESTS}kafka/ready.sh`, [["9092", String(port)]]),
        },
        cassandra: {
          yaml: (own) => servers.#yaml(own),
          ready: (host, port) => {
            const secure = servers.transport === "required";
            const here: [string, string][] = [["9042", String(port)], ["${HOSTNAME}", host]];
            if (secure) here.push(["/etc/cassandra-tls", servers.folder]);
            return probe(`${MANIFESTS}cassandra/${secure ? "ready-tls" : "ready"}.sh`, here);
          },
        },
      },
    });
    return servers;
  }

  get services(): Services {
    return this.#services!;
  }

  /** PEM of what clients trust. */
  get bundle(): string {
    return this.#authorities.bundle;
  }

  /** For clients that come by TLS: the certificates are for names. */
  endpoints(): Endpoints {
    const { cassandra, kafka: { withLogin } } = this.services;
    const bundle = () => this.bundle;
    return {
      kafka: {
        bootstrap: withLogin!.map((address) => address.replace("127.0.0.1", "localhost")),
        secure: {
          login: { user: "setup", password: passwordOf("setup") },
          get ca() {
            return bundle();
          },
        },
      },
      cassandra: {
        hosts: cassandra.hosts,
        port: cassandra.port,
        name: "cassandra",
        get ca() {
          return bundle();
        },
      },
    };
  }

  /** Does what is due with the CA, which is old at the start, and gives every server a new certificate. */
  async advance(now: number): Promise<string | undefined> {
    const told = await this.#authorities.advance(now, true, (validity) => makeAuthority(validity, random));
    const { bundle, signer } = this.#authorities;
    const validity = { from: Date.now(), until: Date.now() + DAY };
    const { certificate, key } = await issue(signer, ["cassandra", "localhost"], validity, random);
    await Deno.writeTextFile(`${this.folder}/ca.crt`, bundle);
    await Deno.writeTextFile(`${this.folder}/keystore.pem`, key + certificate);
    return told;
  }

  /** Restarts Kafka and Cassandra side by side, one server after the other of each, as a StatefulSet is rolled. */
  async roll(): Promise<void> {
    const { cassandra, kafka } = this.services;
    await Promise.all([rollAll(kafka.servers), rollAll(cassandra.servers)]);
  }

  #properties(own: string, { plain, tls }: { plain: number; tls: number }): string {
    const files = { "server.properties": `listeners=PLAINTEXT://:9092\n${own}`, "caught-up.sh": "" };
    return kafkaConfig(this.transport, files)["server.properties"]!
      .replaceAll("/etc/kafka-tls", this.folder)
      .replaceAll(".kafka-headless.${env:NAMESPACE}.svc", "")
      .replaceAll(/PLAINTEXT:\/\/(127\.0\.0\.1)?:9092/g, `PLAINTEXT://127.0.0.1:${plain}`)
      .replaceAll("SASL_SSL://:9093", `SASL_SSL://127.0.0.1:${tls}`)
      .replaceAll(":9092", `:${plain}`)
      .replaceAll(":9093", `:${tls}`);
  }

  #yaml(own: string): string {
    const { "cassandra.yaml": yaml } = cassandraConfig(this.transport, { "cassandra.yaml": own });
    return yaml!.replaceAll("/etc/cassandra-tls", this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#services?.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function rollAll(servers: readonly Server[]): Promise<void> {
  for (const server of servers) {
    await server.kill("SIGTERM");
    // A node that reaches no other in its first moments ends, and is started again, as by a kubelet.
    await server.restart().catch(() => server.restart());
  }
}

/** Runs a probe of manifests/ with other addresses and paths. */
async function probe(path: string, replaced: readonly [string, string][]): Promise<true | string> {
  let script = await Deno.readTextFile(path);
  for (const [from, to] of replaced) script = script.replaceAll(from, to);
  const { output, success } = await runCommand("bash", ["-c", script], 10_000);
  return success || `${path} says no ${output}`;
}
