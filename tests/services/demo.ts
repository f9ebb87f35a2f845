/** `make demo`: the compiled pipeline on simulated trades and servers of its own, until Ctrl-C. */
import cassandra from "cassandra-driver";
import { type Endpoints, progressOnStderr, startServices, until } from "./mod.ts";
import { freePorts } from "./ports.ts";

const binary = new URL("../../finnhub-pipe", import.meta.url).pathname;
const SYMBOLS = ["BINANCE:BTCUSDT", "BINANCE:ETHUSDT", "AAPL"];
const DAY = 86_400_000;

/** The environment by which the roles find the servers and each other. */
function environment({ kafka, cassandra }: Endpoints, simulator: number): Record<string, string> {
  const [kafkaHost, kafkaPort] = kafka.bootstrap[0]!.split(":") as [string, string];
  return {
    KAFKA_SERVER: kafkaHost,
    KAFKA_PORT: kafkaPort,
    CASSANDRA_HOST: cassandra.hosts.join(","),
    CASSANDRA_PORT: String(cassandra.port),
    SIMULATOR_LISTEN: `127.0.0.1:${simulator}`,
    SIMULATOR_SYMBOLS: SYMBOLS.join(","),
    FINNHUB_STOCKS_TICKERS: SYMBOLS.join(","),
    FINNHUB_WS_URL: `ws://127.0.0.1:${simulator}`,
    FINNHUB_REST_URL: `http://127.0.0.1:${simulator}/api/v1`,
    FINNHUB_API_TOKEN: "demo",
    LOG_LEVEL: "warn",
    LOG_FORMAT: "text",
  };
}

function start(role: string, env: Record<string, string>): Deno.ChildProcess {
  return new Deno.Command(binary, { args: [role], env, stdin: "null" }).spawn();
}

async function latestCandles(client: cassandra.Client): Promise<string> {
  const query = "SELECT symbol, window_start, close, trade_count, vwap FROM market.candles " +
    "WHERE symbol = ? AND interval = '5s' AND bucket = ? LIMIT 1";
  const bucket = new Date(Math.floor(Date.now() / DAY) * DAY);
  const candles = await Promise.all(SYMBOLS.map(async (symbol) => {
    const row = (await client.execute(query, [symbol, bucket], { prepare: true })).first();
    if (!row) return `${symbol} -`;
    return `${symbol} ${row.get("close").toFixed(2)} (${row.get("trade_count")} trades in 5 s)`;
  }));
  return candles.join("   ");
}

/** Runs the roles and prints the newest candles every two seconds. Resolves to the exit code. */
async function demo(stopped: AbortSignal): Promise<number> {
  const progress = progressOnStderr();
  await using services = await startServices({ progress, signal: stopped });
  const [simulator, ...probes] = freePorts(4) as [number, number, number, number];
  const env = environment(services, simulator);
  progress("making the topic and the tables");
  const setup = await start("setup", env).status;
  if (!setup.success) return setup.code;
  const roles = ["simulator", "producer", "processor"].map((role, index) => {
    const child = start(role, { ...env, HTTP_LISTEN: `127.0.0.1:${probes[index]}` });
    progress(`${role} runs; its metrics are at http://127.0.0.1:${probes[index]}/metrics`);
    return { role, child };
  });
  progress(
    `Kafka is at ${services.kafka.bootstrap}, Cassandra at ${env.CASSANDRA_HOST}:${env.CASSANDRA_PORT}`,
  );
  progress("Ctrl-C ends it");
  const client = new cassandra.Client({
    contactPoints: services.cassandra.hosts,
    localDataCenter: services.cassandra.datacenter,
    protocolOptions: { port: services.cassandra.port },
  });
  const ended = roles.map(async ({ role, child }) => ({ role, code: (await child.status).code }));
  const first = Promise.race(ended);
  let early: { role: string; code: number } | undefined;
  first.then((role) => early = role);
  try {
    await until("Ctrl-C", async () => {
      if (stopped.aborted || early) return true;
      console.log(await latestCandles(client));
      return "nobody stopped it";
    }, { deadline: Infinity, interval: 2000 });
    if (!early || stopped.aborted) return 0;
    console.error(`${early.role} ended by itself with ${early.code}`);
    return 1;
  } finally {
    await client.shutdown();
    for (const { child } of roles) {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended: Ctrl-C reaches all processes of a terminal.
      }
    }
    await Promise.all(ended);
    progress("stopped");
  }
}

if (import.meta.main) {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => controller.abort(new Error("stopped")));
  }
  try {
    Deno.exit(await demo(controller.signal));
  } catch (error) {
    if (controller.signal.aborted) Deno.exit(0);
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
