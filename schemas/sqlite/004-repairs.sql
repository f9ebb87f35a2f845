-- Which repair from raw trades a row is, of those at its position; 0 for what the stream wrote. Of two writes of one position the
-- higher one stays.
ALTER TABLE candles ADD COLUMN repair INTEGER NOT NULL DEFAULT 0;
ALTER TABLE running_averages_15_sec ADD COLUMN repair INTEGER NOT NULL DEFAULT 0;
