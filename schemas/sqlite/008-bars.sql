-- Bars of the setting BARS. They begin anew with each UTC hour of the trades' times; number counts from 0 in the hour.
CREATE TABLE bars (
  symbol TEXT NOT NULL,
  series TEXT NOT NULL,
  hour INTEGER NOT NULL,
  number INTEGER NOT NULL,
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
  source_index INTEGER NOT NULL,
  written INTEGER NOT NULL,
  repair INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (symbol, series, hour, number)
) WITHOUT ROWID;
