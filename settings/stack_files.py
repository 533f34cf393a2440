"""The stack files of the project, for the pages that are made from them."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from settings.loader import parse
from settings.store import StoreSettings

_PROJECT = Path(__file__).resolve().parent.parent


@cache
def stack_settings() -> Mapping[str, StoreSettings]:
    """Settings of every stack file, by stack.

    Raises:
        SettingsError: a stack file that cannot be used.
    """
    found: dict[str, StoreSettings] = {}
    for path in sorted(_PROJECT.glob("Pulumi.*.yaml")):
        stack = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        config = yaml.safe_load(path.read_text())["config"]
        # A secret is encrypted in the stack file; here only its presence counts.
        encrypted = [key for key, value in config.items() if isinstance(value, dict) and value.keys() == {"secure"}]
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
        found[stack] = parse(texts, stack=stack, secret_keys=encrypted)
    return found
