-- Symbols that were added on the live page, beside those of the settings.
CREATE TABLE followed_symbols (symbol TEXT PRIMARY KEY) WITHOUT ROWID;
