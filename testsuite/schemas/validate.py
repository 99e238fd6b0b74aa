"""Reads a JSON Schema from a file and manifests, one JSON text a line, from stdin; answers a line each: ok or wrong."""

import json
import sys

from jsonschema import Draft202012Validator

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for line in sys.stdin.buffer:
    print("ok" if validator.is_valid(json.loads(line)) else "wrong")
