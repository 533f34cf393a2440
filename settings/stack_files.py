"""The stack files of the project, for the pages that are made from them."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from settings.layers import files_of
from settings.loader import parse
from settings.problems import UnusableError
from settings.shared import PROJECT_FILE
from settings.store import StoreSettings

PROJECT = Path(__file__).resolve().parent.parent


def stack_names(folder: Path = PROJECT) -> list[str]:
    """Stacks that have a file in a project's folder."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in folder.glob("Pulumi.*.yaml"))


def configuration(stack: str, folder: Path = PROJECT) -> dict[str, Any]:
    """What the engine hands to the program: values of the project file, where the stack file has none of its own.

    Raises:
        UnusableError: one of the files cannot be read.
    """
    project = _config(folder / PROJECT_FILE)
    values = {key: entry["value"] for key, entry in project.items() if isinstance(entry, dict) and "value" in entry}
    return {**values, **_config(folder / f"Pulumi.{stack}.yaml")}


def _config(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        reason = str(error).replace("<unicode string>", path.name)
        raise UnusableError(f"{path.name} must be YAML in UTF-8, with the key `config`: {reason}") from None
    config = content.get("config") if isinstance(content, dict) else content
    if not isinstance(config, dict | None):
        raise UnusableError(f"{path.name} must hold a mapping of settings under `config`, not {config!r:.60}")
    return config or {}


@cache
def stack_settings() -> Mapping[str, StoreSettings]:
    """Settings of every stack file, by stack.

    Raises:
        UnusableError: a stack file that cannot be used.
    """
    found: dict[str, StoreSettings] = {}
    for stack in stack_names():
        config = configuration(stack)
        # A secret is encrypted in the stack file; here only its presence counts.
        encrypted = [key for key, value in config.items() if isinstance(value, dict) and value.keys() == {"secure"}]
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
        found[stack] = parse(texts, stack=stack, secret_keys=encrypted, files=files_of(PROJECT, stack))
    return found
