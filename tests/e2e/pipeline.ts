import type cassandra from "cassandra-driver";
import type { Admin, Kafka } from "kafkajs";
import type { Trade } from "../../src/market/trade.ts";
import type { ExpectedWindow } from "../expected.ts";
import { type Endpoints, until } from "../services/mod.ts";
import { RunningRole, runToEnd } from "./role.ts";

interface Clients {
  session: cassandra.Client;
  kafka: Kafka;
}

const keyspaceOf = (topic: string): string => topic.replaceAll("-", "_");

/** Loads the client libraries, which cannot be loaded without permissions, as `deno test` runs without. */
async function clientsOf(
  { cassandra: store, kafka: { bootstrap, secure } }: Endpoints,
  keyspace: string,
): Promise<Clients> {
  const { default: cassandra } = await import("cassandra-driver");
  const { Kafka, logLevel } = await import("kafkajs");
  const { stopIdlePolling } = await import("../../src/kafka/fixes/request_queue.ts");
  const { answerGetProtocol } = await import("../../src/cassandra/tls_protocol_fix.ts");
  stopIdlePolling();
  answerGetProtocol();
  const { hosts, login, name, port } = store;
  const contactPoints = hosts.map((host) => `${host}:${port}`);
  return {
    session: new cassandra.Client({
      contactPoints,
      localDataCenter: "datacenter1",
      keyspace,
      ...(store.ca !== undefined && {
        sslOptions: {
          // Asked for at each connection: it may follow another.
          get ca() {
            return store.ca;
          },
          rejectUnauthorized: true,
          ...(name !== undefined && { servername: name }),
        },
      }),
      ...(login && { credentials: { username: login.user, password: login.password } }),
      // As in src/cassandra/session.ts.
      refreshSchemaDelay: 0,
      // One replica may have missed a write that two have acknowledged.
      queryOptions: { consistency: cassandra.types.consistencies.localQuorum },
    }),
    kafka: new Kafka({
      brokers: bootstrap,
      logLevel: logLevel.NOTHING,
      ...(secure && {
        ssl: {
          get ca() {
            return secure.ca;
          },
        },
        sasl: { mechanism: "plain", username: secure.login.user, password: secure.login.password },
      }),
    }),
  };
}

/** A pipeline of one test: its own topic, keyspace and consumer group on servers that others may share. */
export class Pipeline implements AsyncDisposable {
  readonly env: Record<string, string>;
  readonly topic: string;
  readonly #roles: RunningRole[] = [];
  #admin: Admin | undefined;

  private constructor(topic: string, services: Endpoints, readonly clients: Clients) {
    const { cassandra: { hosts, port }, kafka: { bootstrap } } = services;
    this.topic = topic;
    this.env = {
      KAFKA_SERVER: bootstrap.join(","),
      KAFKA_TOPIC_NAME: topic,
      KAFKA_GROUP_ID: topic,
      CASSANDRA_HOST: hosts.join(","),
      CASSANDRA_PORT: String(port),
      CASSANDRA_KEYSPACE: keyspaceOf(topic),
      FINNHUB_API_TOKEN: "e2e-secret-token",
    };
  }

  /** A pipeline for which the test runs `setup` itself. */
  static async join(services: Endpoints, name: string, env: Record<string, string> = {}): Promise<Pipeline> {
    const topic = `${name}-${crypto.randomUUID().slice(0, 8)}`;
    const pipeline = new Pipeline(topic, services, await clientsOf(services, keyspaceOf(topic)));
    Object.assign(pipeline.env, env);
    return pipeline;
  }

  /** The pipeline of a topic that is there, on the same servers spoken to in another way. */
  static async of(services: Endpoints, topic: string, env: Record<string, string>): Promise<Pipeline> {
    const pipeline = new Pipeline(topic, services, await clientsOf(services, keyspaceOf(topic)));
    Object.assign(pipeline.env, env);
    return pipeline;
  }

  /** Runs `setup` and returns what it made. */
  static async setUp(services: Endpoints, name: string, env: Record<string, string> = {}): Promise<Pipeline> {
    const pipeline = await Pipeline.join(services, name, env);
    const { code, stderr, stdout } = await runToEnd(["setup"], pipeline.env);
    if (code !== 0) throw new Error(`setup ended with ${code}: ${stdout}${stderr}`);
    return pipeline;
  }

  get session(): cassandra.Client {
    return this.clients.session;
  }

  get kafka(): Kafka {
    return this.clients.kafka;
  }

  start(role: string, args: string[] = [], env: Record<string, string> = {}): RunningRole {
    const running = new RunningRole(role, args, { ...this.env, ...env });
    this.#roles.push(running);
    return running;
  }

  /** A simulator, and the environment by which a producer finds it. */
  async simulator(args: string[]): Promise<{ role: RunningRole; env: Record<string, string> }> {
    const role = this.start("simulator", ["--listen", "127.0.0.1:0", ...args]);
    const [, ws, rest] = await role.says(/FINNHUB_WS_URL=(\S+) FINNHUB_REST_URL=(\S+)/);
    return { role, env: { FINNHUB_WS_URL: ws!, FINNHUB_REST_URL: rest! } };
  }

  async admin(): Promise<Admin> {
    if (!this.#admin) {
      this.#admin = this.kafka.admin();
      await this.#admin.connect();
    }
    return this.#admin;
  }

  /** Messages on the topic, over all partitions. */
  async messages(topic = this.topic): Promise<number> {
    const offsets = await (await this.admin()).fetchTopicOffsets(topic);
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  }

  /** Waits until the group has committed everything that is on the topic. */
  async drained(deadline = 60_000): Promise<void> {
    const admin = await this.admin();
    const behind = async () => {
      const ends = await admin.fetchTopicOffsets(this.topic);
      const [group] = await admin.fetchOffsets({ groupId: this.topic, topics: [this.topic] });
      const committed = new Map(
        group!.partitions.map(({ offset, partition }) => [partition, Number(offset)]),
      );
      return ends.filter(({ high, partition }) => Number(high) > Math.max(0, committed.get(partition) ?? -1))
        .map(({ partition }) => partition);
    };
    await until("the processor to commit everything", async () => {
      try {
        const partitions = await behind();
        return partitions.length === 0 ? true : `behind on partitions ${partitions.join(", ")}`;
      } catch (error) {
        // Partitions of brokers that were just killed may be without a leader for a while.
        return String(error);
      }
    }, { deadline });
  }

  async rows(query: string): Promise<cassandra.types.Row[]> {
    let found: cassandra.types.Row[] = [];
    await until("Cassandra to answer", async () => {
      found = [];
      try {
        const result = await this.session.execute(query, [], { prepare: true, fetchSize: 5000 });
        for await (const row of result) found.push(row);
        return true;
      } catch (error) {
        // After a node was killed the test's driver may find it later than the processor's.
        if (!/NoHostAvailable|OperationTimedOut|No connection available/.test(String(error))) throw error;
        return String(error);
      }
    }, { interval: 200 });
    return found;
  }

  /** All stored trades as `symbol time price volume`, sorted. */
  async storedTrades(): Promise<string[]> {
    const rows = await this.rows("SELECT symbol, trade_timestamp, price, volume FROM trades");
    return rows.map((row) =>
      tradeText(row.get("symbol"), row.get("trade_timestamp").getTime(), row.get("price"), row.get("volume"))
    )
      .sort();
  }

  /** All stored candles and averages, by the keys of tests/expected.ts. */
  async storedWindows(): Promise<Map<string, Partial<ExpectedWindow>>> {
    const found = new Map<string, Partial<ExpectedWindow>>();
    const sums = (row: cassandra.types.Row) => ({
      volume: row.get("volume"),
      turnover: row.get("turnover"),
      count: Number(row.get("trade_count")),
      vwap: row.get("vwap"),
    });
    for (const row of await this.rows("SELECT * FROM candles")) {
      const { close, high, low, open } = row as unknown as ExpectedWindow;
      const key = `${row.get("symbol")} ${row.get("interval")} ${row.get("window_start").getTime()}`;
      found.set(key, { open, high, low, close, ...sums(row) });
    }
    for (const row of await this.rows("SELECT * FROM running_averages_15_sec")) {
      const key = `${row.get("symbol")} average ${row.get("window_end").getTime()}`;
      found.set(key, { ...sums(row), mean: row.get("price_volume_multiply") } as Partial<ExpectedWindow>);
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#roles.map((role) => role[Symbol.asyncDispose]()));
    const admin = await this.admin();
    await admin.deleteTopics({ topics: [this.topic, `${this.topic}.dlq`] }).catch(() => {});
    await admin.disconnect();
    await this.session.execute(`DROP KEYSPACE IF EXISTS ${this.env.CASSANDRA_KEYSPACE}`).catch(() => {});
    await this.session.shutdown();
  }
}

export const tradeText = (symbol: string, time: number, price: number, volume: number): string =>
  `${symbol} ${time} ${price} ${volume}`;

/** Trades of a recorded file, in its order. */
export async function recordedTrades(path: string): Promise<Trade[]> {
  const plain = (await Deno.open(path)).readable.pipeThrough(new DecompressionStream("gzip"));
  const lines = (await new Response(plain).text()).trim().split("\n");
  return lines.flatMap((line) =>
    (JSON.parse(line).data as { s: string; p: number; t: number; v: number }[])
      .map(({ p, s, t, v }) => ({ symbol: s, price: p, volume: v, time: t, conditions: [] }))
  );
}
