"""Another implementation of Avro, with the original pipeline's schema: decodes lines of hex to JSON, or encodes back.

usage: avro_peer.py decode|encode < lines > lines
"""
import io
import json
import sys

import avro.io
import avro.schema

SCHEMA = avro.schema.parse(json.dumps({
    "type": "record", "name": "message", "namespace": "FinnhubProducer",
    "fields": [
        {"name": "data", "type": {"type": "array", "items": {
            "type": "record", "name": "data",
            "fields": [
                {"name": "c", "type": [{"type": "array", "items": ["null", "string"], "default": []}, "null"]},
                {"name": "p", "type": "double"},
                {"name": "s", "type": "string"},
                {"name": "t", "type": "long"},
                {"name": "v", "type": "double"},
            ]}}},
        {"name": "type", "type": "string"},
    ]}))


def decode(line):
    source = io.BytesIO(bytes.fromhex(line))
    message = avro.io.DatumReader(SCHEMA).read(avro.io.BinaryDecoder(source))
    assert source.read() == b"", "bytes left over"
    return json.dumps(message)


def encode(line):
    target = io.BytesIO()
    avro.io.DatumWriter(SCHEMA).write(json.loads(line), avro.io.BinaryEncoder(target))
    return target.getvalue().hex()


for line in sys.stdin:
    print({"decode": decode, "encode": encode}[sys.argv[1]](line.strip()))
