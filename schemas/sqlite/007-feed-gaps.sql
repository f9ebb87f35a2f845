-- Times over which the feed may have lost trades of a symbol (gap_end is null while a gap is open), and times over which it brought
-- them all. `bucket` is the UTC month of the start.
CREATE TABLE feed_gaps (
  symbol TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  gap_start INTEGER NOT NULL,
  gap_end INTEGER,
  reason TEXT NOT NULL,
  filled_at INTEGER,
  filled_from TEXT,
  source_partition INTEGER NOT NULL,
  source_epoch INTEGER NOT NULL,
  source_offset INTEGER NOT NULL,
  written INTEGER NOT NULL,
  PRIMARY KEY (symbol, bucket, gap_start)
) WITHOUT ROWID;
CREATE TABLE feed_follows (
  symbol TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  follow_start INTEGER NOT NULL,
  follow_end INTEGER NOT NULL,
  source_partition INTEGER NOT NULL,
  source_epoch INTEGER NOT NULL,
  source_offset INTEGER NOT NULL,
  written INTEGER NOT NULL,
  PRIMARY KEY (symbol, bucket, follow_start)
) WITHOUT ROWID;
-- Candles that were fetched where no trades could be, of windows that a gap touches; beside those of `candles`.
CREATE TABLE fetched_candles (
  symbol TEXT NOT NULL,
  interval TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  open REAL NOT NULL,
  high REAL NOT NULL,
  low REAL NOT NULL,
  close REAL NOT NULL,
  volume REAL NOT NULL,
  source TEXT NOT NULL,
  fetched_at INTEGER NOT NULL,
  PRIMARY KEY (symbol, interval, bucket, window_start)
) WITHOUT ROWID;
