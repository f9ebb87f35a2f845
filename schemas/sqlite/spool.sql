-- What a producer has received and Kafka has not yet acknowledged, in order: as frames of the feed, one row a message to be.
CREATE TABLE IF NOT EXISTS spool (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  received INTEGER NOT NULL,
  trades INTEGER NOT NULL,
  frame TEXT NOT NULL
) STRICT;
