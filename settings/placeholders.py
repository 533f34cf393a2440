"""Placeholders in a stack file: `${account}` and `${region}`, so that the account stands there once."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from settings.problems import Problem, shown

# `$${` is a `${` of the text, as in Pulumi YAML (https://www.pulumi.com/docs/iac/languages-sdks/yaml/).
_PLACEHOLDER = re.compile(r"\$(\$?)\{([^}]*)\}")


def resolved(data: Mapping[str, Any], values: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """All sections with their placeholders replaced, and the placeholders that there are not."""
    unknown: list[Problem] = []

    def replaced(value: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, dict):
            return {key: replaced(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [replaced(item, (*path, position)) for position, item in enumerate(value)]
        if not isinstance(value, str):
            return value
        unknown.extend(
            _unknown(path, value, name, list(values))
            for literal, name in _PLACEHOLDER.findall(value)
            if not literal and name not in values
        )
        return _PLACEHOLDER.sub(
            lambda found: f"${{{found[2]}}}" if found[1] else values.get(found[2], found[0]),
            value,
        )

    return {key: replaced(value, (key,)) for key, value in data.items()}, unknown


def _unknown(path: tuple[str | int, ...], value: str, name: str, known: list[str]) -> Problem:
    near = get_close_matches(name, known, n=1)
    return Problem(
        path=path,
        received=shown(value, path),
        rule=f"must have no placeholders but {', '.join(f'`${{{entry}}}`' for entry in known)}",
        fix=f"did you mean `${{{near[0]}}}`?" if near else f"write `$${{{name}}}` for the text `${{{name}}}`",
    )
