"""Resources of dynamic providers, as a program that is only recorded sees them."""

from collections.abc import Mapping
from typing import Any

DYNAMIC = "pulumi-python:dynamic/"
"""How their types begin."""


def answered(name: str, inputs: Mapping[str, Any], *, account: str, region: str) -> dict[str, Any]:
    """Outputs of one: its inputs, and made-up values for what its provider answers, which come as None."""
    made = {key: f"{name}-{key.lower()}" for key, value in inputs.items() if value is None}
    return {**inputs, **made, "arn": f"arn:aws:dynamic:{region}:{account}:{name}/{inputs.get('name', name)}"}
