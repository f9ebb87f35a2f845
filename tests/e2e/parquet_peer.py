"""What DuckDB and pandas read from Parquet: a line of JSON for each row, in the order of symbol and time.

usage: parquet_peer.py duckdb|pandas FILE_OR_FOLDER > lines
"""
import json
import sys
from pathlib import Path

reader, place = sys.argv[1:]
folder = Path(place).is_dir()

if reader == "duckdb":
    import duckdb

    source = f"read_parquet('{place}/**/*.parquet', hive_partitioning = true, hive_types = {{'symbol': VARCHAR}})" \
        if folder else f"read_parquet('{place}')"
    table = duckdb.sql(f"SELECT * FROM {source}")
    rows = [dict(zip(table.columns, row)) for row in table.fetchall()]
else:
    import pandas

    frame = pandas.read_parquet(place)
    rows = frame.to_dict(orient="records")


def plain(value):
    if hasattr(value, "timestamp"):
        from datetime import timezone
        if value.tzinfo is None:
            value = value.replace(tzinfo=timezone.utc)
        return round(value.timestamp() * 1000)
    if hasattr(value, "tolist"):
        return value.tolist()
    if value != value:
        return None
    return value


for row in rows:
    print(json.dumps({name: plain(value) for name, value in row.items() if name != "day"}))
