"""Resources of dynamic providers, as a program that is only recorded sees them."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

DYNAMIC = "pulumi-python:dynamic/"
"""How their types begin; a module of `providers` and its class follow."""


def answered(type_: str, name: str, inputs: Mapping[str, Any], *, account: str, region: str) -> dict[str, Any]:
    """Outputs of one: its inputs, its ARN, and made-up values for what its provider answers beside them."""
    module, _, noun = type_.removeprefix(DYNAMIC).partition(":")
    kind = getattr(import_module(f"providers.{module}"), noun).PROVIDER.KIND
    made = {key: f"{name}-{key.lower()}" for key in kind.answers}
    return {**inputs, **made, "arn": f"arn:aws:{module}:{region}:{account}:{noun.lower()}/{inputs.get('name', name)}"}
