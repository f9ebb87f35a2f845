/** A command line after the program's name, and what it does. */
export type Example = readonly [line: string, does: string];

/** One or two command lines of each role, as people begin with them. */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  producer: [
    [
      "producer --tickers AAPL,BINANCE:BTCUSDT",
      "Finnhub's trades of two symbols, with FINNHUB_API_TOKEN set",
    ],
    [
      "producer --finnhub-ws-url ws://127.0.0.1:8801 --spool spool",
      "a simulator's trades, kept on the disk while Kafka is away",
    ],
  ],
  processor: [[
    "processor --kafka-server kafka-0,kafka-1 --cassandra-host cassandra-0",
    "with servers elsewhere",
  ]],
  setup: [
    ["setup", "topics and tables on the servers of this machine"],
    ["setup --kafka-replication 3 --cassandra-replication 3", "with three copies of everything"],
  ],
  operator: [
    ["operator --namespace pipeline", "with your kubeconfig, until Ctrl-C"],
    ["operator --dry-run --pipeline trades.yaml", "print what would be made"],
  ],
  simulator: [
    ["simulator --symbols AAPL,MSFT --rate 100", "a synthetic market"],
    ["simulator --replay trades.ndjson.gz --speed 10", "a recording, ten times as fast"],
  ],
  dashboard: [["dashboard --listen 127.0.0.1:8090", "the live page at http://127.0.0.1:8090"]],
  local: [
    ["local --open", "the live page of a simulated market, in your browser"],
    ["local --data market --tickers AAPL,MSFT", "live trades, kept in a folder, with FINNHUB_API_TOKEN set"],
  ],
  backfill: [
    ["backfill --from 2026-01-01 --check", "compare candles with raw trades"],
    ["backfill --import trades.csv", "store trades of a file, and the candles that they make"],
  ],
  export: [
    ["export --symbols AAPL --from 24h --out trades.csv --format csv", "a day's trades as a table"],
    [
      "export --data market --from 7d --what candles --interval 1h",
      "candles of a folder of local, to standard output",
    ],
  ],
  tickers: [["tickers apple", "symbols whose name or description has the word"]],
  doctor: [
    ["doctor", "look at everything that the settings name"],
    ["doctor --checks kafka,cassandra --json", "two parts, for a program"],
  ],
  healthcheck: [[
    "healthcheck http://127.0.0.1:8082/readyz",
    "whether the processor of this machine is ready",
  ]],
};
