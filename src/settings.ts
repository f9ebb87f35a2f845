import {
  anyText,
  boolean,
  duration,
  hostList,
  listenAddress,
  oneOf,
  port,
  positiveDuration,
  positiveNumber,
  speed,
  symbolList,
  textOf,
  urlOf,
  wholeNumber,
} from "./parsers.ts";

/** One setting: where it comes from, what it means, and how its text becomes a value. */
export interface Setting<T> {
  /** Command-line flag without dashes; none for a secret, which arguments would show to every user. */
  flag?: string;
  /** Environment variable. */
  env: string;
  /** Text that is parsed when neither flag nor variable is given; empty when there is no default. */
  default: string;
  /** Defaults that differ by role. */
  defaults?: Partial<Record<string, string>>;
  meaning: string;
  /** A secret's value never appears in help, errors or logs. */
  secret?: true;
  /** Throws a RangeError that completes "must be …". */
  parse(text: string): T;
}

const setting = <T>(definition: Setting<T>): Setting<T> => definition;

const optional = <T>(parse: (text: string) => T) => (text: string): T | undefined =>
  text === "" ? undefined : parse(text);

const topicName = textOf(
  "a topic name of letters, digits, dot, underscore and dash",
  /^[A-Za-z0-9._-]+$/,
  200,
);
const cqlName = textOf("a name of lower-case letters, digits and underscore", /^[a-z][a-z0-9_]*$/, 48);

/** Every setting of every role, once. Help and the README's table are made from it. */
export const SETTINGS = {
  finnhubWsUrl: setting({
    flag: "finnhub-ws-url",
    env: "FINNHUB_WS_URL",
    default: "wss://ws.finnhub.io",
    meaning: "Websocket that sends the trades; a simulator's address works too",
    parse: urlOf("wss:", "ws:"),
  }),
  finnhubRestUrl: setting({
    flag: "finnhub-rest-url",
    env: "FINNHUB_REST_URL",
    default: "https://finnhub.io/api/v1",
    meaning: "REST API for symbol look-ups",
    parse: urlOf("https:", "http:"),
  }),
  finnhubApiToken: setting({
    env: "FINNHUB_API_TOKEN",
    default: "",
    meaning: "Your Finnhub API token (environment only, so that no process list shows it)",
    secret: true,
    parse: textOf("a token of letters, digits, dot, underscore and dash", /^[A-Za-z0-9._-]*$/),
  }),
  tickers: setting({
    flag: "tickers",
    env: "FINNHUB_STOCKS_TICKERS",
    default: "BINANCE:BTCUSDT,BINANCE:ETHUSDT",
    meaning: 'Symbols to subscribe to: A,B or ["A","B"]',
    parse: symbolList,
  }),
  validateTickers: setting({
    flag: "validate-tickers",
    env: "FINNHUB_VALIDATE_TICKERS",
    default: "false",
    meaning: "Look each symbol up first, and leave out those that Finnhub does not know",
    parse: boolean,
  }),
  feedIdleTimeout: setting({
    flag: "feed-idle-timeout",
    env: "FINNHUB_IDLE_TIMEOUT",
    default: "150s",
    meaning: "Silence after which the feed's connection counts as dead (Finnhub pings about once a minute)",
    parse: positiveDuration,
  }),
  bufferTrades: setting({
    flag: "buffer-trades",
    env: "PRODUCER_BUFFER_TRADES",
    default: "200000",
    meaning: "Trades held while Kafka is slow or away; beyond it the oldest are shed and counted",
    parse: wholeNumber(1, 10_000_000),
  }),
  kafkaServer: setting({
    flag: "kafka-server",
    env: "KAFKA_SERVER",
    default: "127.0.0.1",
    meaning: "Kafka brokers: host, or several host:port",
    parse: hostList,
  }),
  kafkaPort: setting({
    flag: "kafka-port",
    env: "KAFKA_PORT",
    default: "9092",
    meaning: "Port of the brokers named without one",
    parse: port,
  }),
  kafkaTopic: setting({
    flag: "kafka-topic-name",
    env: "KAFKA_TOPIC_NAME",
    default: "market",
    meaning: "Topic of the trades; dead letters go to the same name with .dlq",
    parse: topicName,
  }),
  kafkaGroup: setting({
    flag: "kafka-group-id",
    env: "KAFKA_GROUP_ID",
    default: "finnhub-pipe-processor",
    meaning: "Consumer group that the processors share",
    parse: topicName,
  }),
  kafkaPartitions: setting({
    flag: "kafka-partitions",
    env: "KAFKA_PARTITIONS",
    default: "4",
    meaning: "Partitions of a topic that setup makes",
    parse: wholeNumber(1, 10_000),
  }),
  kafkaReplication: setting({
    flag: "kafka-replication",
    env: "KAFKA_REPLICATION",
    default: "1",
    meaning: "Replicas of a topic that setup makes; 3 on a cluster",
    parse: wholeNumber(1, 15),
  }),
  kafkaRetention: setting({
    flag: "kafka-retention",
    env: "KAFKA_RETENTION",
    default: "7d",
    meaning: "How long a topic that setup makes keeps its messages",
    parse: positiveDuration,
  }),
  raisePartitions: setting({
    flag: "raise-partitions",
    env: "KAFKA_RAISE_PARTITIONS",
    default: "false",
    meaning:
      "Let setup raise the partitions of an existing topic (stop the producer and drain the processor first)",
    parse: boolean,
  }),
  cassandraHost: setting({
    flag: "cassandra-host",
    env: "CASSANDRA_HOST",
    default: "127.0.0.1",
    meaning: "Cassandra contact points: one or several hosts",
    parse: hostList,
  }),
  cassandraPort: setting({
    flag: "cassandra-port",
    env: "CASSANDRA_PORT",
    default: "9042",
    meaning: "Port of the contact points named without one",
    parse: port,
  }),
  cassandraUser: setting({
    flag: "cassandra-user",
    env: "CASSANDRA_USER",
    default: "",
    meaning: "Cassandra login; none when empty",
    parse: anyText,
  }),
  cassandraPassword: setting({
    env: "CASSANDRA_PASSWORD",
    default: "",
    meaning: "Its password (environment only)",
    secret: true,
    parse: anyText,
  }),
  cassandraDatacenter: setting({
    flag: "cassandra-datacenter",
    env: "CASSANDRA_DATACENTER",
    default: "datacenter1",
    meaning: "Cassandra data centre that is local to this process",
    parse: textOf("a data centre's name", /^[A-Za-z0-9._-]+$/),
  }),
  cassandraKeyspace: setting({
    flag: "cassandra-keyspace",
    env: "CASSANDRA_KEYSPACE",
    default: "market",
    meaning: "Keyspace of the tables",
    parse: cqlName,
  }),
  cassandraReplication: setting({
    flag: "cassandra-replication",
    env: "CASSANDRA_REPLICATION",
    default: "1",
    meaning: "Replicas in the data centre, for a keyspace that setup makes; 3 on a cluster",
    parse: wholeNumber(1, 15),
  }),
  cassandraConsistency: setting({
    flag: "cassandra-consistency",
    env: "CASSANDRA_CONSISTENCY",
    default: "local-quorum",
    meaning: "Replicas that must answer each read and write: local-quorum, quorum, all or local-one",
    parse: oneOf("local-quorum", "quorum", "all", "local-one"),
  }),
  tradesTtl: setting({
    flag: "trades-ttl",
    env: "CASSANDRA_TRADES_TTL",
    default: "30d",
    meaning: "How long raw trades are kept; 0 for ever",
    parse: duration,
  }),
  windowsTtl: setting({
    flag: "windows-ttl",
    env: "CASSANDRA_WINDOWS_TTL",
    default: "365d",
    meaning: "How long candles and running averages are kept; 0 for ever",
    parse: duration,
  }),
  flushInterval: setting({
    flag: "flush-interval",
    env: "PROCESSOR_FLUSH_INTERVAL",
    default: "500ms",
    meaning: "Longest time a changed candle or average waits before it is written and offsets are committed",
    parse: positiveDuration,
  }),
  sessionTimeout: setting({
    flag: "session-timeout",
    env: "PROCESSOR_SESSION_TIMEOUT",
    default: "10s",
    meaning:
      "Silence after which the brokers give a processor's partitions to another (they may set a lower bound)",
    parse: positiveDuration,
  }),
  fetchWait: setting({
    flag: "fetch-wait",
    env: "PROCESSOR_FETCH_WAIT",
    default: "100ms",
    meaning: "Longest time a broker holds a fetch while there is nothing to read",
    parse: positiveDuration,
  }),
  fetchBytes: setting({
    flag: "fetch-bytes",
    env: "PROCESSOR_FETCH_BYTES",
    default: "131072",
    meaning: "Bytes read from one partition at a time",
    parse: wholeNumber(1024, 100_000_000),
  }),
  batchRows: setting({
    flag: "batch-rows",
    env: "PROCESSOR_BATCH_ROWS",
    default: "400",
    meaning: "Most rows in one write; all of one partition key",
    parse: wholeNumber(1, 5000),
  }),
  maxWindows: setting({
    flag: "max-windows",
    env: "PROCESSOR_MAX_WINDOWS",
    default: "40000",
    meaning:
      "Candles and averages held in memory; the oldest are forgotten and read back when a late trade needs them",
    parse: wholeNumber(100, 10_000_000),
  }),
  readyMaxLag: setting({
    flag: "ready-max-lag",
    env: "PROCESSOR_READY_MAX_LAG",
    default: "30s",
    meaning: "Age of the oldest unprocessed message above which /readyz says no",
    parse: positiveDuration,
  }),
  setupWait: setting({
    flag: "wait",
    env: "SETUP_WAIT",
    default: "120s",
    meaning: "How long to wait for Kafka and Cassandra",
    parse: duration,
  }),
  httpListen: setting({
    flag: "http-listen",
    env: "HTTP_LISTEN",
    default: "127.0.0.1:8080",
    defaults: { producer: "127.0.0.1:8081", processor: "127.0.0.1:8082", simulator: "127.0.0.1:8083" },
    meaning: "Where /healthz, /readyz and /metrics are served",
    parse: listenAddress,
  }),
  simulatorListen: setting({
    flag: "listen",
    env: "SIMULATOR_LISTEN",
    default: "127.0.0.1:8801",
    meaning: "Where the simulated websocket and REST API are served",
    parse: listenAddress,
  }),
  simulatorToken: setting({
    env: "SIMULATOR_TOKEN",
    default: "",
    meaning: "The only token that the simulator accepts; any when empty (environment only)",
    secret: true,
    parse: anyText,
  }),
  replay: setting({
    flag: "replay",
    env: "SIMULATOR_REPLAY",
    default: "",
    meaning: "File of frames to replay, .ndjson or .ndjson.gz; a synthetic market when empty",
    parse: optional(anyText),
  }),
  speed: setting({
    flag: "speed",
    env: "SIMULATOR_SPEED",
    default: "1",
    meaning: "Replay speed: 1 as recorded, N times as fast, or max",
    parse: speed,
  }),
  loop: setting({
    flag: "loop",
    env: "SIMULATOR_LOOP",
    default: "false",
    meaning: "Start the replay again at its end, times moved on",
    parse: boolean,
  }),
  now: setting({
    flag: "now",
    env: "SIMULATOR_NOW",
    default: "false",
    meaning: "Move the replay's times so that its first trade happens now",
    parse: boolean,
  }),
  symbols: setting({
    flag: "symbols",
    env: "SIMULATOR_SYMBOLS",
    default: "BINANCE:BTCUSDT,BINANCE:ETHUSDT,BINANCE:LTCUSDT,AAPL",
    meaning: "Symbols of the synthetic market",
    parse: symbolList,
  }),
  rate: setting({
    flag: "rate",
    env: "SIMULATOR_RATE",
    default: "50",
    meaning: "Trades a second of the synthetic market, over all symbols",
    parse: positiveNumber,
  }),
  seed: setting({
    flag: "seed",
    env: "SIMULATOR_SEED",
    default: "1",
    meaning: "Seed of the synthetic market and of misbehaviour: equal seeds give equal prices",
    parse: wholeNumber(0, 4_294_967_295),
  }),
  symbolLimit: setting({
    flag: "symbol-limit",
    env: "SIMULATOR_SYMBOL_LIMIT",
    default: "50",
    meaning: "Symbols that one connection may subscribe to",
    parse: wholeNumber(1, 100_000),
  }),
  pingInterval: setting({
    flag: "ping-interval",
    env: "SIMULATOR_PING_INTERVAL",
    default: "60s",
    meaning: "Time between the simulator's pings",
    parse: positiveDuration,
  }),
  misbehave: setting({
    flag: "misbehave",
    env: "SIMULATOR_MISBEHAVE",
    default: "",
    meaning: "Faults to inject: a comma list of drop, hang, junk, duplicates, disorder, oversize, errors",
    parse: (text) => text === "" ? [] : text.split(",").map((word) => MISBEHAVIOUR(word.trim())),
  }),
  misbehaveEvery: setting({
    flag: "misbehave-every",
    env: "SIMULATOR_MISBEHAVE_EVERY",
    default: "100",
    meaning: "Mean number of frames between two faults",
    parse: wholeNumber(1, 1_000_000),
  }),
  json: setting({
    flag: "json",
    env: "TICKERS_JSON",
    default: "false",
    meaning: "Print JSON in place of a table",
    parse: boolean,
  }),
  logLevel: setting({
    flag: "log-level",
    env: "LOG_LEVEL",
    default: "info",
    meaning: "Lowest severity to log: debug, info, warn or error",
    parse: oneOf("debug", "info", "warn", "error"),
  }),
  logFormat: setting({
    flag: "log-format",
    env: "LOG_FORMAT",
    default: "auto",
    meaning: "json, text, or auto: text on a terminal, else json",
    parse: oneOf("auto", "json", "text"),
  }),
};

const MISBEHAVIOUR = oneOf("drop", "hang", "junk", "duplicates", "disorder", "oversize", "errors");

export type SettingName = keyof typeof SETTINGS;
/** The parsed value of every setting. */
export type Settings = { [K in SettingName]: ReturnType<(typeof SETTINGS)[K]["parse"]> };
export type Misbehaviour = ReturnType<typeof MISBEHAVIOUR>;
