"""Problems of a stack file, and how they are shown."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic_core import PydanticCustomError

from secret_names import suggests_secret

PROJECT = "web-store"
NOTHING = object()
"""Stands for a value that was not given."""

_SECRET_VALUE = re.compile(
    r"-----BEGIN|\b(AKIA|ASIA)[A-Z0-9]{16}\b|://[^/\s]*:[^/\s]*@|^eyJ[\w-]+\.|\b[A-Za-z0-9+/_=]{40,}\b"
)
_PLAIN_VALUE = re.compile(r"^(arn:aws|ssm:)[\w:/.+=@-]*$")
_NUMBER = re.compile(r"[-+]?(0[xX][0-9a-fA-F_]+|0[oObB]?[0-7_]+|([0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)([eE][-+]?[0-9]+)?)")
_SHOWN_MAX = 120


@dataclass(frozen=True)
class Problem:
    """One value of a stack file that breaks one rule."""

    path: tuple[str | int, ...]
    """Section, then keys and list positions below it."""
    received: str
    """The value, fit to be shown."""
    rule: str
    fix: str
    """What to write instead: YAML, or a sentence."""
    source: str = ""
    """File that has the value, and the line; without it the stack file."""

    @property
    def dotted(self) -> str:
        dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return f"{PROJECT}:{dotted.removeprefix('.')}"

    def text(self, file: str) -> str:
        def beside(title: str, body: str) -> str:
            return f"    {title:<9} " + body.rstrip().replace("\n", f"\n{' ' * 14}")

        return "\n".join(
            [
                f"  {self.source or file}: {self.dotted}",
                beside("received", self.received),
                beside("rule", self.rule),
                beside("fix", self.fix),
            ]
        )


class SettingsError(Exception):
    """Settings that cannot be used; its text names every problem."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        blocks = "\n\n".join(problem.text(file) for problem in problems)
        super().__init__(
            f"{file}: {count} in the settings, so nothing was planned or changed.\n\n{blocks}\n\n"
            "Every setting is described in docs/settings.md."
        )


def refuse(rule: str, *, fix: str = "", at: tuple[str | int, ...] = ()) -> PydanticCustomError:
    """Error for a validator of a section to raise.

    Args:
        rule: What must hold, and why.
        fix: What to write instead; without it an example of the field.
        at: Path below the validated value.
    """
    return PydanticCustomError("store_rule", "{rule}", {"rule": rule, "fix": fix, "at": at})


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
    value = _without_nulls(value)
    for part in reversed(path[1:]):
        value = [value] if isinstance(part, int) else {part: value}
    text = yaml.dump({f"{PROJECT}:{path[0]}": value}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text.rstrip("\n")


class _Dumper(yaml.SafeDumper):
    """Quotes what Pulumi would read as a number and PyYAML does not: `0815`, `012345678901`, `1e3`
    (https://pkg.go.dev/gopkg.in/yaml.v3#hdr-Compatibility)."""


def _scalar(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if _NUMBER.fullmatch(text) else None)


_Dumper.add_representer(str, _scalar)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _redacted(value: Any, path: Sequence[str | int]) -> Any:
    if isinstance(value, dict):
        return {key: _redacted(item, [*path, str(key)]) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item, path) for item in value]
    if not isinstance(value, str) or _PLAIN_VALUE.match(value):
        return value
    named = any(suggests_secret(part) for part in path if isinstance(part, str))
    return "[not shown: could be a secret]" if named or _SECRET_VALUE.search(value) else value
