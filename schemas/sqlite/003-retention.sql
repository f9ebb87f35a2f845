-- When a dead letter was kept: it is removed some time after. Those of before count from now on.
ALTER TABLE dead_letters ADD COLUMN stored INTEGER NOT NULL DEFAULT 0;
UPDATE dead_letters SET stored = unixepoch() * 1000;
CREATE INDEX dead_letters_by_stored ON dead_letters (stored);
-- Rows that SQLite refuses for ever, as JSON.
CREATE TABLE refused_rows (
  id INTEGER PRIMARY KEY,
  stored INTEGER NOT NULL,
  belongs_to TEXT NOT NULL,
  error TEXT NOT NULL,
  content TEXT NOT NULL
);
-- How far recordings are in the log: what is told by its content, not by its name, and written together with the messages.
CREATE TABLE replays (
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  frames INTEGER NOT NULL,
  parcels INTEGER NOT NULL,
  PRIMARY KEY (sha256, size)
) WITHOUT ROWID;
