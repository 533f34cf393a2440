"""YAML files as they are written, changed in places.

Read as values and dumped again, a text such as `"0815"` or `"1e3"` loses its quotes and becomes a number: PyYAML writes
YAML 1.1, and Pulumi reads a mixture of 1.1 and 1.2 (https://pkg.go.dev/gopkg.in/yaml.v3#hdr-Compatibility).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

Entry = tuple[yaml.Node, yaml.Node]


def read(path: Path) -> yaml.Node | None:
    return _unfolded(yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader))


def text(node: yaml.Node | None) -> str:
    """The reverse of `read`."""
    return yaml.serialize(node, Dumper=yaml.SafeDumper)


def _unfolded(node: Any) -> Any:
    """With collections on lines of their own: between brackets PyYAML would have to quote and tag some scalars."""
    match node:
        case yaml.MappingNode():
            entries = [(_unfolded(key), _unfolded(item)) for key, item in node.value]
            return yaml.MappingNode(node.tag, entries, flow_style=False)
        case yaml.SequenceNode():
            return yaml.SequenceNode(node.tag, [_unfolded(item) for item in node.value], flow_style=False)
    return node


def scalar(text: str) -> yaml.Node:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text)


def mapping(entries: Sequence[Entry]) -> yaml.Node:
    return yaml.MappingNode("tag:yaml.org,2002:map", list(entries), flow_style=False)


def entries(node: yaml.Node | None) -> dict[str, Entry]:
    """Key and value of each entry of a mapping, by the key's text; none of anything else."""
    return {entry[0].value: entry for entry in node.value} if isinstance(node, yaml.MappingNode) else {}


def value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    found = entries(node).get(key)
    return found and found[1]


def put(node: yaml.Node | None, path: Sequence[str], text: str) -> None:
    """Sets the text at a path of mappings, of which all but the last exist."""
    for key in path[:-1]:
        node = value(node, key)
    assert isinstance(node, yaml.MappingNode)
    others = [entry for key, entry in entries(node).items() if key != path[-1]]
    node.value = [*others, (scalar(path[-1]), scalar(text))]
