-- Alerts that went off: each does once. `told` is 1 when the webhook has taken it.
CREATE TABLE fired_alerts (
  id TEXT PRIMARY KEY,
  time INTEGER NOT NULL,
  price REAL NOT NULL,
  told INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
