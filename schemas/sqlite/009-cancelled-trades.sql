-- Why a trade counts no more: cancel, or correction where another row has its right price and volume. Null for a trade that counts.
ALTER TABLE trades ADD COLUMN cancelled TEXT;
