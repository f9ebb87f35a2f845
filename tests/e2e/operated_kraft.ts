import { desiredState } from "../../src/operator/components/desired.ts";
import { issue, makeAuthority } from "../../src/operator/security/certificate_authority.ts";
import { PLAIN } from "../../src/operator/security/security.ts";
import type { Transport } from "../../src/operator/security/transport.ts";
import { installRelease } from "../services/install.ts";
import { jvmFlags } from "../services/jvm.ts";
import type { Endpoints, Server, ServerGroup } from "../services/mod.ts";
import { freePorts } from "../services/ports.ts";
import { KAFKA_RELEASES, type KafkaLine } from "../services/releases.ts";
import { runCommand } from "../services/run_command.ts";
import { startGroup } from "../services/server.ts";
import { cluster, environment, find, pipeline } from "../unit/operator/cluster_fake.ts";
import { passwordOf } from "./operated_servers.ts";

/** Scripts in the place of those of Kafka's own image, which have the same names. */
const BIN = new URL("../kubernetes/cluster/images/kafka/opt/kafka/bin", import.meta.url).pathname;
const DAY = 86_400_000;
/** The ports of all listeners in the operator's files. */
const PORTS = [9092, 9093, 9094, 9095];
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

type Kind = "kafka" | "kafka-controller";

interface Node {
  kind: Kind;
  number: number;
  folder: string;
  /** This machine's, by those of the operator's files. */
  ports: Map<string, number>;
}

/**
 * Kafka in KRaft mode as the operator would run it: its files, its start.sh and its probes, for each pod of a Pipeline; only addresses
 * and paths are of this machine.
 */
export class OperatedKraft implements AsyncDisposable {
  readonly #nodes = new Map<string, Node>();
  #ca = "";
  #group: ServerGroup | undefined;

  private constructor(
    readonly folder: string,
    readonly spec: object,
    /** What servers that are started from now on run. */
    public transport: Transport,
    readonly classPath: string,
    readonly flags: string[],
  ) {}

  /** Starts all at once, as the pods of both StatefulSets are, and waits until each is ready. */
  static async start(spec: object, line: KafkaLine, transport: Transport): Promise<OperatedKraft> {
    const { archive, classPath } = await installRelease(KAFKA_RELEASES[line]);
    const flags = jvmFlags({
      profile: "quick",
      heap: { quick: "256m", server: "1g" },
      archive: { file: archive, train: false },
    }).filter((flag) => !flag.startsWith("-Xmx"));
    const folder = await Deno.makeTempDir({ prefix: "finnhub-pipe-kraft-" });
    const kafka = new OperatedKraft(folder, spec, transport, classPath, flags);
    await kafka.#scripts();
    await kafka.#certify();
    const replicas = (kind: Kind): number => {
      const object = kafka.#objects().find(({ metadata }) =>
        metadata.name === kind && !!metadata.annotations
      );
      return (object?.spec as { replicas?: number } | undefined)?.replicas ?? 0;
    };
    kafka.#group = await startGroup("kraft", async (newFolder, add) => {
      for (const kind of ["kafka-controller", "kafka"] as const) {
        for (let number = 0; number < replicas(kind); number++) {
          const name = `${kind}-${number}`;
          const ports = freePorts(PORTS.length);
          const node = {
            kind,
            number,
            folder: await newFolder(name),
            ports: new Map(PORTS.map((port, i) => [String(port), ports[i]!])),
          };
          kafka.#nodes.set(name, node);
        }
      }
      const servers = [];
      for (const [name, node] of kafka.#nodes) {
        await kafka.#write(name, node);
        servers.push(add({
          name,
          folder: node.folder,
          command: ["bash", "-c", `. "$1/env" && exec bash "$1/config/start.sh"`, name, node.folder],
          servesLine: /Kafka Server started/,
          probe: () => kafka.#probe(node),
          beforeRestart: () => kafka.#write(name, node),
        }));
      }
      await Promise.all(servers.map((server) => server.ready()));
    });
    return kafka;
  }

  servers(kind: Kind): Server[] {
    return this.#group!.servers.filter(({ name }) => this.#nodes.get(name)!.kind === kind);
  }

  /** For clients, by TLS once that is preferred. */
  endpoints(): Endpoints["kafka"] {
    const tls = this.transport === "preferred" || this.transport === "required";
    const port = tls ? "9093" : "9092";
    const bootstrap = this.servers("kafka").map(({ name }) =>
      `localhost:${this.#nodes.get(name)!.ports.get(port)}`
    );
    const login = { user: "setup", password: passwordOf("setup") };
    return { bootstrap, ...(tls && { secure: { login, ca: this.#ca } }) };
  }

  /** Restarts one after the other, from the last, as StatefulSets are rolled; brokers after the controllers. */
  async roll(): Promise<void> {
    for (const kind of ["kafka-controller", "kafka"] as const) {
      for (const server of this.servers(kind).toReversed()) {
        await server.kill("SIGTERM");
        await server.restart();
      }
    }
  }

  #objects() {
    const certificates = { kafka: "k1", cassandra: "" };
    const security = { ...PLAIN, transport: this.transport, certificates };
    return desiredState(pipeline(this.spec), cluster(), security).flatMap(({ objects }) => objects);
  }

  /** The files of a pod's ConfigMap, and the variables of its container. */
  async #write(name: string, { folder, kind, number, ports }: Node): Promise<void> {
    const components = [{ name: "kafka" as const, after: [], objects: this.#objects() }];
    const { data } = find(components, `ConfigMap/${kind}-config`) as { data?: Record<string, string> };
    for (const each of ["config", "volume", "tmp"]) {
      await Deno.mkdir(`${folder}/${each}`, { recursive: true });
    }
    for (const [file, text] of Object.entries(data!)) {
      await Deno.writeTextFile(`${folder}/config/${file}`, this.#placed(text, folder, ports));
    }
    const env = environment(find(components, `StatefulSet/${kind}`));
    const values = Object.entries(env).map(([variable, value]) => {
      const { secretKeyRef } = (value ?? {}) as { secretKeyRef?: { key: string } };
      return [variable, secretKeyRef ? passwordOf(secretKeyRef.key.replace("-password", "")) : value];
    });
    const all = Object.entries({
      ...Object.fromEntries(values),
      HOSTNAME: `${kind}-${number}`,
      POD_NAME: name,
      NAMESPACE: "trades",
      LOG_DIR: `${folder}/tmp/logs`,
      KAFKA_HEAP_OPTS: kind === "kafka" ? "-Xmx384m" : "-Xmx192m",
      KAFKA_JVM_PERFORMANCE_OPTS: this.flags.join(" "),
      CLASSPATH: this.classPath,
    });
    const lines = all.map(([variable, value]) => `export ${variable}='${value}'\n`);
    await Deno.writeTextFile(`${folder}/env`, lines.join(""));
  }

  #placed(text: string, folder: string, own: Map<string, number>): string {
    const port = (name: string, port: string) => this.#nodes.get(name)!.ports.get(port);
    return text
      .replaceAll(
        /(kafka(?:-controller)?-\d)\.[\w-]+-headless\.trades\.svc:(\d+)/g,
        (_, name, its) => `localhost:${port(name, its)}`,
      )
      .replaceAll(
        /\$\{env:POD_NAME\}\.[\w-]+\.\$\{env:NAMESPACE\}\.svc:(\d+)/g,
        (_, its) => `localhost:${own.get(its)}`,
      )
      .replaceAll(/:\/\/(?:127\.0\.0\.1)?:(\d+)/g, (_, its) => `://127.0.0.1:${own.get(its)}`)
      .replaceAll(/\/127\.0\.0\.1\/(\d+)/g, (_, its) => `/127.0.0.1/${own.get(its)}`)
      .replaceAll("/etc/kafka-config", `${folder}/config`)
      .replaceAll("/etc/kafka-tls", this.folder)
      .replaceAll("/var/lib/kafka", `${folder}/volume`)
      .replaceAll("config=/tmp/", `config=${folder}/tmp/`)
      .replaceAll("/opt/kafka/bin", `${this.folder}/bin`);
  }

  async #probe({ folder }: Node): Promise<true | string> {
    const { output, success } = await runCommand("bash", [`${folder}/config/ready.sh`], 10_000);
    return success || `ready.sh says no ${output}`;
  }

  async #scripts(): Promise<void> {
    await Deno.mkdir(`${this.folder}/bin`);
    for (const { name } of Deno.readDirSync(BIN)) {
      const path = `${this.folder}/bin/${name}`;
      await Deno.copyFile(`${BIN}/${name}`, path);
      await Deno.chmod(path, 0o755);
    }
  }

  async #certify(): Promise<void> {
    const validity = { from: Date.now() - DAY, until: Date.now() + DAY };
    const authority = await makeAuthority(validity, random);
    const { certificate, key } = await issue(authority, ["localhost"], validity, random);
    this.#ca = authority.certificate;
    await Deno.writeTextFile(`${this.folder}/ca.crt`, this.#ca);
    await Deno.writeTextFile(`${this.folder}/keystore.pem`, key + certificate);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#group?.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}
