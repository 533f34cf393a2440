"""Record resource schemas of CloudFormation: `python -m offline.facts.renew.cloudformation [TYPE ...]`.

Writes `cloudformation.json` from the schemas that the installed cfn-lint carries: the names of all types, and the
schemas of those that were recorded before and of those given, such as `AWS::Location::APIKey`.
"""

import argparse
import importlib.metadata
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cfnlint

from offline.checks.desired_state import JUDGED
from offline.facts.cloudformation import RECORD

_SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas"
_KEPT = (
    "createOnlyProperties",
    "primaryIdentifier",
    "readOnlyProperties",
    "writeOnlyProperties",
)
# Explanations, and what says nothing of a single resource.
_LEFT_OUT = frozenset({"default", "description", "format", "insertionOrder", "title"})
_NAMED = ("definitions", "patternProperties", "properties")


class UnjudgedError(Exception):
    """A schema has a keyword that `offline/checks/desired_state.py` does not judge."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m offline.facts.renew.cloudformation", description=__doc__)
    parser.add_argument("types", nargs="*", metavar="TYPE", help="types to add")
    wanted = set(parser.parse_args().types)
    if RECORD.is_file():
        wanted |= set(json.loads(RECORD.read_text(encoding="utf-8"))["types"])
    schemas = {schema["typeName"]: schema for schema in map(_read, (_SCHEMAS / "resources").glob("*.json"))}
    missing = sorted(wanted - schemas.keys())
    if missing:
        parser.error(f"CloudFormation must have the types given: it has no {', '.join(missing)}")
    record = {
        "source": "CloudFormation resource schemas of cfn-lint " + importlib.metadata.version("cfn-lint"),
        "date": _read(_SCHEMAS / "version.json")["schema_date"][:10],
        "names": dict(_names(schemas)),
        "types": {name: _schema(schemas[name]) for name in sorted(wanted)},
    }
    RECORD.write_text(_text(record), encoding="utf-8")
    sys.stderr.write(f"{RECORD.name}: {len(schemas)} names, {len(wanted)} schemas\n")
    return 0


def _names(schemas: Iterable[str]) -> Iterator[tuple[str, str]]:
    members: dict[str, list[str]] = {}
    for name in sorted(schemas):
        service, _, member = name.rpartition("::")
        members.setdefault(service, []).append(member)
    for service, of in members.items():
        yield service, " ".join(of)


def _schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    rules = {key: schema[key] for key in schema if key in JUDGED and key != "type"}
    definitions = schema.get("definitions", {})
    used = {name: definitions[name] for name in _used(rules, definitions)}
    kept = {key: schema[key] for key in _KEPT if key in schema}
    return {
        **_judged(rules, schema["typeName"]),
        **kept,
        "definitions": {name: _judged(of, schema["typeName"]) for name, of in sorted(used.items())},
        "handlers": sorted(schema.get("handlers", {})),
    }


def _used(node: Any, definitions: Mapping[str, Any]) -> set[str]:
    """Definitions that are referred to."""
    found: set[str] = set()
    queue = [node]
    while queue:
        for name in re.findall(r'"#/definitions/([^"]+)"', json.dumps(queue.pop())):
            if name not in found:
                found.add(name)
                queue.append(definitions[name])
    return found


def _judged(node: Any, type_name: str) -> Any:
    """A schema without what nobody judges.

    Raises:
        UnjudgedError: a keyword is new.
    """
    if not isinstance(node, dict):
        return node
    kept: dict[str, Any] = {}
    for key, value in node.items():
        if key in _LEFT_OUT or (key == "pattern" and not _compiles(value)):
            continue
        if key not in JUDGED:
            raise UnjudgedError(f"{type_name} has the keyword {key}: offline/checks/desired_state.py must judge it")
        if key in _NAMED:
            kept[key] = {
                name: _judged(of, type_name)
                for name, of in value.items()
                if key != "patternProperties" or _compiles(name)
            }
        elif key in ("allOf", "anyOf", "oneOf"):
            kept[key] = [_judged(of, type_name) for of in value]
        else:
            kept[key] = _judged(value, type_name) if key == "items" else value
    return kept


def _compiles(pattern: str) -> bool:
    """Patterns with Unicode classes are Java's, which Python does not read."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _text(record: Mapping[str, Any]) -> str:
    """JSON with one service or type a line, so that a renewal shows what has changed."""
    rows = {
        part: ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in record[part].items())
        for part in ("names", "types")
    }
    return (
        f'{{\n  "source": {json.dumps(record["source"])},\n  "date": {json.dumps(record["date"])},\n'
        f'  "names": {{\n{rows["names"]}\n  }},\n  "types": {{\n{rows["types"]}\n  }}\n}}\n'
    )


if __name__ == "__main__":
    sys.exit(main())
