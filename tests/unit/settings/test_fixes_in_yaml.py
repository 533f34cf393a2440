"""A fix that is pasted into a stack file says there what it says here, to Python and to Pulumi."""

import re

import pytest
import yaml

from settings.problems import in_yaml

# As Pulumi's YAML reads a scalar without quotes (resolve.go of gopkg.in/yaml.v3).
_NUMBERS = [
    "0815",
    "012345678901",
    "007",
    "1e3",
    "5e10",
    "0o17",
    "0x1F",
    "0b11",
    "1_000",
    ".5",
    "5.",
    "-1",
    "+1",
    "1.10",
]
_TEXTS = ["eu-west-1", "10.20.0.0/16", "8.0", "03:30-04:30", "yes", "null", "~", "2026-11-29", "sun:03:30", "", "a: b"]


@pytest.mark.parametrize("text", [*_NUMBERS, *_TEXTS])
def test_a_text_stays_a_text(text: str) -> None:
    fix = in_yaml(("environment", "cost_center"), text)
    assert yaml.safe_load(fix) == {"web-store:environment": {"cost_center": text}}
    if text in _NUMBERS:
        assert re.search(r"cost_center: (['\"]).*\1$", fix), fix


@pytest.mark.parametrize("number", [0, 15, 1.5, True])
def test_a_number_stays_a_number(number: object) -> None:
    assert in_yaml(("environment", "x"), number).endswith(f"x: {str(number).lower()}")
