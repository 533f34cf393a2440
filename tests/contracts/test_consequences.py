"""Somebody has thought of what a replacement of each type means for customers and other teams."""

from pathlib import Path

from changes.consequences import CONSEQUENCES
from tests.program_under_mocks import Config, store

_HERE = Path(__file__).parent
_INVENTORY = _HERE.parent / "program" / "inventory"


def with_credentials(config: Config) -> None:
    """The third party of the stack has what it waits for."""
    secret = {"version_id": "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE"}
    config["web-store:third_parties"]["parties"]["cms"]["events"]["auth"]["secret"] = secret


def test_every_type_of_the_store_has_its_consequence_or_is_harmless() -> None:
    lines = (_HERE / "harmless_types.txt").read_text().splitlines()
    harmless = {line for line in lines if line and not line.startswith("#")}
    types = {resource.type for resource in store("dev", with_credentials).resources}
    types |= {line.split()[0] for file in _INVENTORY.glob("*.txt") for line in file.read_text().splitlines() if line}
    types = {type_ for type_ in types if type_.startswith("aws:")}
    assert types
    assert types - harmless - set(CONSEQUENCES) == set(), "add it to changes/consequences.py, or to harmless_types.txt"
    assert not harmless & set(CONSEQUENCES)
    assert harmless <= types, "no stack has it"
