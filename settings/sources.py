"""Where the settings of a stack come from: the file and line of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from settings.problems import PROJECT

# Nodes know their lines, and an alias is a reference: nothing is copied out.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Place = tuple[str | int, ...]
UNTOLD = object()
"""Stands for a value that may not be compared with a file's: it holds something encrypted."""


@dataclass(frozen=True)
class Source:
    """File that gives a value, and the line of its key; no line where the value is in no file that can be read."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True)
class SettingsFile:
    """One file with `config: {web-store:<section>: ...}`."""

    path: Path
    under: tuple[str, ...] = ("config",)
    """Keys that lead to the sections."""
    prefix: str = f"{PROJECT}:"
    """What a section's key begins with."""

    @cached_property
    def _config(self) -> yaml.Node | None:
        # The engine has read the file before. Without lines, where a dialect differs or the file is gone, a problem is
        # still told with file and path.
        try:
            root = yaml.compose(self.path.read_text(encoding="utf-8"), _LOADER)
        except (OSError, ValueError, RecursionError, yaml.YAMLError):
            return None
        for name in self.under:
            root = next((value for key, value in _entries(root) if key.value == name), None)
        return root

    def find(self, place: Place, data: Any) -> tuple[int, int]:
        """How many parts of the place the file has, and the line of the last one; (0, 0) if it has none.

        Args:
            place: Section, then keys and list positions below it.
            data: All sections as the engine handed them over. A value that differs from the file's came from elsewhere,
                such as `--config-file`.
        """
        node, depth, line = self._config, 0, 0
        for part in place:
            name = f"{self.prefix}{part}" if depth == 0 else part
            found = _below(node, name)
            data = _child(data, part)
            if found is None or not _alike(found[1], data):
                break
            key, node = found
            depth, line = depth + 1, key.start_mark.line + 1
        return depth, line

    def has(self, section: str) -> bool:
        """Whether the file has a section."""
        return _below(self._config, f"{self.prefix}{section}") is not None

    def encrypted(self, section: str) -> list[Place]:
        """Places of values that are encrypted (`secure:`)."""
        found = _below(self._config, f"{self.prefix}{section}")
        return [] if found is None else [(section, *place) for place in _secure(found[1], set())]


def depth(place: Place, data: Any) -> int:
    """How many parts of the place there are in the data."""
    for found, part in enumerate(place):
        items: Any = dict(enumerate(data)) if isinstance(data, list) else data
        if not isinstance(items, dict) or part not in items:
            return found
        data = items[part]
    return len(place)


class Sources:
    """Looks up the source of each setting.

    Args:
        default: File to name where no file has the setting.
        files: Files that give settings, those first that win over later ones.
        data: All sections as the program got them.
    """

    def __init__(self, default: str, files: Sequence[SettingsFile] = (), data: Any = None) -> None:
        self._default = default
        self._files = files
        self._data = data

    def at(self, place: Place) -> Source:
        """Source of the value at a place, or of the nearest one around it that a file has."""
        best = Source(self._default)
        deepest = 0
        for file in self._files:
            depth, line = file.find(place, self._data)
            if depth > deepest:
                deepest, best = depth, Source(file.path.name, line)
        return best

    def encrypted(self, section: str) -> list[Place]:
        """Places of a section that hold something encrypted; empty where no file tells."""
        return [place for file in self._files for place in file.encrypted(section)]


def _entries(node: yaml.Node | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Keys and values of a mapping, its own before those that it merges in (`<<`)."""
    merged: list[yaml.Node] = []
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.tag == "tag:yaml.org,2002:merge":
            merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
        else:
            yield key, value
    for other in merged:
        yield from _entries(other)


def _below(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(part, int):
        items = node.value if isinstance(node, yaml.SequenceNode) else ()
        return (items[part], items[part]) if part < len(items) else None
    return next(((key, value) for key, value in _entries(node) if key.value == part), None)


def _child(data: Any, part: str | int) -> Any:
    if data is UNTOLD:
        return UNTOLD
    if isinstance(data, dict):
        return data.get(part)
    return data[part] if isinstance(data, list) and isinstance(part, int) and part < len(data) else None


def _alike(node: yaml.Node, value: Any) -> bool:
    """Whether the file's value can be what the engine handed over: dialects differ on words and digits only."""
    keys = [key.value for key, _ in _entries(node)]
    if value is UNTOLD or keys == ["secure"]:
        return True
    if isinstance(value, dict):
        # Several files can give one mapping together.
        return isinstance(node, yaml.MappingNode) and set(keys) <= set(value)
    if isinstance(value, list):
        return isinstance(node, yaml.SequenceNode) and len(node.value) == len(value)
    return isinstance(node, yaml.ScalarNode) and (not isinstance(value, str) or node.value == value)


def _secure(node: yaml.Node, seen: set[int]) -> Iterator[Place]:
    if id(node) in seen:
        return
    seen.add(id(node))
    entries = list(_entries(node))
    if [key.value for key, _ in entries] == ["secure"]:
        yield ()
        return
    items = (
        enumerate(node.value) if isinstance(node, yaml.SequenceNode) else ((key.value, value) for key, value in entries)
    )
    for part, value in items:
        yield from ((part, *place) for place in _secure(value, seen))
