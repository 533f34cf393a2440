"""What the output contract promises to other teams."""

import re
from typing import Any

import pytest

from contract import CONTRACT, broken_promises, released_form


def _form(version: str, **outputs: str) -> dict[str, Any]:
    return {"contract_version": version, "outputs": outputs}


RELEASED = _form("1.2.3", vpc="string", zones="strings")


@pytest.mark.parametrize(
    ("current", "complaint"),
    [
        (_form("1.2.3", vpc="string"), "zones was strings, now gone: the contract version must be 2.0.0"),
        (_form("1.3.0", vpc="string", zones="string"), "now string: the contract version must be 2.0.0"),
        (_form("1.2.4", vpc="string", zones="strings", url="string"), "url is new: the contract version must be 1.3.0"),
        (_form("1.1.9", vpc="string", zones="strings"), "1.1.9 must not be below 1.2.3"),
    ],
)
def test_a_change_that_readers_would_feel_needs_its_version(current: dict[str, Any], complaint: str) -> None:
    assert any(complaint in line for line in broken_promises(RELEASED, current))


@pytest.mark.parametrize(
    "current",
    [
        RELEASED,
        _form("2.0.0", vpc="strings"),
        _form("1.3.0", vpc="string", zones="strings", url="string"),
    ],
)
def test_a_change_with_its_version_passes(current: dict[str, Any]) -> None:
    assert broken_promises(RELEASED, current) == []


def test_keys_are_unique_snake_case_and_described() -> None:
    keys = [entry.key for entry in CONTRACT]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", key) for key in keys)
    assert all(entry.meaning.endswith(".") for entry in CONTRACT)
    assert released_form()["outputs"].keys() == set(keys)
