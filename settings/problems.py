"""Problems of a stack file, and how they are shown."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic_core import PydanticCustomError

from schema_files import Flaw
from secret_names import suggests_secret

PROJECT = "web-store"
NOTHING = object()
"""Stands for a value that was not given."""

Place = tuple[str | int, ...]
"""Section, then keys and list positions below it."""

_SECRET_VALUE = re.compile(
    r"-----BEGIN|\b(AKIA|ASIA)[A-Z0-9]{16}\b|://[^/\s:]*:[^/\s]*@|^eyJ[\w-]+\.|\b[A-Za-z0-9+/_=]{40,}\b"
)
_PLAIN_VALUE = re.compile(r"^(arn:aws|ssm:)([\w:/.+=@-]|\$\{\w+\})*$")
_NUMBER = re.compile(r"[-+]?(0[xX][0-9a-fA-F_]+|0[oObB]?[0-7_]+|([0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)([eE][-+]?[0-9]+)?)")
_SHOWN_MAX = 120


@dataclass(frozen=True)
class Problem:
    """One value of a stack file that breaks one rule."""

    path: Place
    received: str
    """The value, fit to be shown."""
    rule: str
    fix: str
    """What to write instead: YAML, or a sentence."""
    edits: tuple[tuple[Place, Any], ...] = ()
    """Values that mend it, each at its place; empty where only a sentence says how."""
    source: str = ""
    """File that has the value, and the line; without it the stack file."""

    @property
    def dotted(self) -> str:
        dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return f"{PROJECT}:{dotted.removeprefix('.')}"

    def text(self, file: str) -> str:
        place = f"{self.source or file}: {self.dotted}"
        return _block(place, {"received": self.received, "rule": self.rule, "fix": self.fix})


def _of_file(flaw: Flaw) -> str:
    return _block(f"{flaw.file}{f': {flaw.at}' if flaw.at else ''}", {"rule": flaw.rule, "fix": flaw.fix})


def _block(place: str, parts: Mapping[str, str]) -> str:
    def beside(title: str, body: str) -> str:
        return f"    {title:<9} " + body.rstrip().replace("\n", f"\n{' ' * 14}")

    return "\n".join([f"  {place}", *(beside(title, body) for title, body in parts.items())])


class UnusableError(Exception):
    """A file of settings that cannot be used; its text says why."""


class SettingsError(UnusableError):
    """Settings that cannot be used; its text names every problem.

    Args:
        file: The stack file.
        problems: All of them.
        unjudged: Names of rules that can be judged only when these problems are gone.
        flaws: What is wrong with models of requests and schemas of events, which settings name.
    """

    def __init__(
        self, file: str, problems: Sequence[Problem], unjudged: Sequence[str] = (), flaws: Sequence[Flaw] = ()
    ) -> None:
        self.problems = tuple(problems)
        counts = [
            f"{len(found)} {'problem' if len(found) == 1 else 'problems'} {where}"
            for found, where in ((problems, "in the settings"), (flaws, "in the files that they name"))
            if found
        ]
        blocks = "\n\n".join([*(problem.text(file) for problem in problems), *map(_of_file, flaws)])
        waiting = f"Judged when these are mended: {'; '.join(unjudged)}.\n\n" if unjudged else ""
        super().__init__(
            f"{file}: {' and '.join(counts)}, so nothing was planned or changed.\n\n{blocks}\n\n{waiting}"
            "Every setting is described in docs/settings.md."
        )


Refusal = PydanticCustomError
"""A broken rule of a section: raised by validators of single values, yielded by rules between fields."""


def refuse(
    rule: str,
    *,
    fix: str = "",
    at: Place = (),
    write: Any = NOTHING,
    edits: Mapping[Place, Any] | None = None,
) -> Refusal:
    """A broken rule, with what mends it.

    Args:
        rule: What must hold, and why.
        fix: Sentence in place of a value, or beside one: another way out.
        at: Path below the validated value.
        write: Value that mends it, to be written at `at`.
        edits: Values to write at other places, by path below the validated value.
    """
    writes = dict(edits or {}) if write is NOTHING else {at: write, **(edits or {})}
    return PydanticCustomError("store_rule", "{rule}", {"rule": rule, "fix": fix, "at": at, "edits": writes})


def shown(value: Any, path: Sequence[str | int] = ()) -> str:
    """The value as JSON on one line; what could be a secret, by its name or by its look, is left out."""
    if value is NOTHING:
        return "nothing"
    text = json.dumps(_redacted(value, path), ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}... ({len(text)} characters)"


def presentable(value: Any, path: Sequence[str | int]) -> bool:
    """Nothing in the value could be a secret."""
    return _redacted(value, path) == value


def in_yaml(path: Sequence[str | int], value: Any) -> str:
    """YAML to write at `path`, from its section key down; a list position becomes an item of its list."""
    for part in reversed(path[1:]):
        value = [value] if isinstance(part, int) else {part: value}
    return dumped({f"{PROJECT}:{path[0]}": value})


def dumped(tree: Any) -> str:
    """The tree in YAML that means the same to Python and to Pulumi."""
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100).rstrip("\n")


class _Dumper(yaml.SafeDumper):
    """Quotes what Pulumi would read as a number and PyYAML does not: `0815`, `012345678901`, `1e3`
    (https://pkg.go.dev/gopkg.in/yaml.v3#hdr-Compatibility)."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - a fix has no anchors
        return True


def _scalar(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if _NUMBER.fullmatch(text) else None)


_Dumper.add_representer(str, _scalar)


def _redacted(value: Any, path: Sequence[str | int]) -> Any:
    if isinstance(value, dict):
        return {key: _redacted(item, [*path, str(key)]) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item, path) for item in value]
    if not isinstance(value, str) or _PLAIN_VALUE.match(value):
        return value
    # The section with the rules for passwords holds none.
    parts = path[2:] if tuple(path[:2]) == ("identity", "password") else path
    named = any(suggests_secret(part) for part in parts if isinstance(part, str))
    return "[not shown: could be a secret]" if named or _SECRET_VALUE.search(value) else value
