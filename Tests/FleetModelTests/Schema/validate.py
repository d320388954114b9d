"""Checks files against the schemas: validate.py SCHEMAS FILE…

Prints a line for each file that its schema refuses, with where and why, and ends with 0: the test compares.
"""

import json
import pathlib
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """As YAML 1.2 has it: `yes` and `on` are texts."""


for key in list("yYnNoO"):
    Loader.yaml_implicit_resolvers[key] = [
        pair for pair in Loader.yaml_implicit_resolvers.get(key, []) if pair[0] != "tag:yaml.org,2002:bool"
    ]

folder = pathlib.Path(sys.argv[1])
validators = {}
for path in folder.glob("*.json"):
    schema = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validators[schema["properties"]["kind"]["const"]] = jsonschema.Draft202012Validator(schema)

for name in sys.argv[2:]:
    document = yaml.load(pathlib.Path(name).read_text(), Loader)
    kind = document.get("kind") if isinstance(document, dict) else None
    if kind not in validators:
        print(f"{name}: no schema for {kind}")
        continue
    for error in validators[kind].iter_errors(document):
        print(f"{name}: {error.json_path}: {error.message}")
        break
