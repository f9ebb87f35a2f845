-- The embedded store of role `local`: the log, and the tables that the pipeline keeps in Cassandra. Times are milliseconds since
-- the epoch. `written` is what Cassandra calls a row's timestamp: of two writes the higher one stays.
CREATE TABLE log_partitions (
  partition INTEGER PRIMARY KEY,
  next_offset INTEGER NOT NULL DEFAULT 0,
  committed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE log (
  partition INTEGER NOT NULL,
  log_offset INTEGER NOT NULL,
  sent INTEGER NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (partition, log_offset)
) WITHOUT ROWID;
CREATE TABLE dead_letters (
  partition INTEGER NOT NULL,
  log_offset INTEGER NOT NULL,
  error TEXT NOT NULL,
  bad_trades TEXT,
  value BLOB,
  PRIMARY KEY (partition, log_offset)
) WITHOUT ROWID;
CREATE TABLE source_epochs (
  topic TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  starts TEXT NOT NULL,
  PRIMARY KEY (topic, epoch)
) WITHOUT ROWID;
CREATE TABLE trades (
  symbol TEXT NOT NULL,
  hour INTEGER NOT NULL,
  trade_timestamp INTEGER NOT NULL,
  uuid BLOB NOT NULL,
  price REAL NOT NULL,
  volume REAL NOT NULL,
  trade_conditions TEXT,
  ingest_timestamp INTEGER NOT NULL,
  PRIMARY KEY (symbol, hour, trade_timestamp, uuid)
) WITHOUT ROWID;
CREATE INDEX trades_by_ingest ON trades (ingest_timestamp);
CREATE TABLE candles (
  symbol TEXT NOT NULL,
  interval TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  trade_count INTEGER NOT NULL,
  volume REAL NOT NULL,
  turnover REAL NOT NULL,
  vwap REAL,
  open REAL NOT NULL,
  high REAL NOT NULL,
  low REAL NOT NULL,
  close REAL NOT NULL,
  open_timestamp INTEGER NOT NULL,
  close_timestamp INTEGER NOT NULL,
  source_partition INTEGER NOT NULL,
  source_epoch INTEGER NOT NULL,
  source_offset INTEGER NOT NULL,
  written INTEGER NOT NULL,
  PRIMARY KEY (symbol, interval, bucket, window_start)
) WITHOUT ROWID;
CREATE TABLE running_averages_15_sec (
  symbol TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  window_end INTEGER NOT NULL,
  trade_count INTEGER NOT NULL,
  volume REAL NOT NULL,
  turnover REAL NOT NULL,
  vwap REAL,
  price_volume_multiply REAL NOT NULL,
  source_partition INTEGER NOT NULL,
  source_epoch INTEGER NOT NULL,
  source_offset INTEGER NOT NULL,
  written INTEGER NOT NULL,
  PRIMARY KEY (symbol, bucket, window_end)
) WITHOUT ROWID;
