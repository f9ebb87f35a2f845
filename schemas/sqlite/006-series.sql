-- Since when the rows of each series of windows are complete; those of the first versions always were.
CREATE TABLE series (
  name TEXT PRIMARY KEY,
  complete_from INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO series (name, complete_from)
VALUES ('5s', 0), ('15s', 0), ('1m', 0), ('5m', 0), ('1h', 0), ('average', 0);
-- A candle by sale conditions may have volume alone: its prices are then null.
CREATE TABLE candles_with_volume_alone (
  symbol TEXT NOT NULL,
  interval TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  trade_count INTEGER NOT NULL,
  volume REAL NOT NULL,
  turnover REAL NOT NULL,
  vwap REAL,
  open REAL,
  high REAL,
  low REAL,
  close REAL,
  open_timestamp INTEGER,
  close_timestamp INTEGER,
  source_partition INTEGER NOT NULL,
  source_epoch INTEGER NOT NULL,
  source_offset INTEGER NOT NULL,
  written INTEGER NOT NULL,
  repair INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (symbol, interval, bucket, window_start),
  CHECK (
    interval LIKE '%-sip' OR
    (open + high + low + close) IS NOT NULL AND open_timestamp IS NOT NULL AND close_timestamp IS NOT NULL
  )
) WITHOUT ROWID;
INSERT INTO candles_with_volume_alone
SELECT
  symbol, interval, bucket, window_start, trade_count, volume, turnover, vwap, open, high, low, close,
  open_timestamp, close_timestamp, source_partition, source_epoch, source_offset, written, repair
FROM candles;
DROP TABLE candles;
ALTER TABLE candles_with_volume_alone RENAME TO candles;
