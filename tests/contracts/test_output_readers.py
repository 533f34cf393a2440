"""Every output that a component registers has a reader: another component, the program, or the contract."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from components.base import StoreComponent
from tests.contracts.test_components import CLASSES
from tests.contracts.test_runbooks import other_engines
from tests.program_under_mocks import Config, store


def _as_it_is(_: Config) -> None:
    """A change that is none: the program must run while it is watched."""


def _other_choices(config: Config) -> None:
    """What the two stack files leave out."""
    config["web-store:feeds"]["engine"] = {"kind": "msk-serverless"}
    config["web-store:identity"]["identity_pool"] = True
    # A third party that is called.
    secret = {"version_id": "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE"}
    config["web-store:third_parties"]["parties"]["cms"]["events"]["auth"]["secret"] = secret
    # A route that a function serves.
    config["web-store:app_tier"]["services"]["order-relay"]["routes"] = [{"path": "/relay", "auth": "iam"}]


@pytest.fixture(scope="module")
def read() -> Iterator[set[tuple[str, str]]]:
    """Class and output of each read from outside the component, in all that the store can be made of."""
    seen: set[tuple[str, str]] = set()
    plain = StoreComponent.__getattribute__

    def watched(self: StoreComponent, name: str) -> Any:
        if not name.startswith("_") and name in type(self).OUTPUTS:
            frame = sys._getframe(1)
            # What the component reads of itself serves nobody else.
            if frame.f_locals.get("self") is not self:
                seen.add((type(self).__name__, name))
        return plain(self, name)

    StoreComponent.__getattribute__ = watched  # type: ignore[method-assign]
    try:
        store("dev", _as_it_is)
        store("dev", _other_choices)
        store("prod", _as_it_is)
        store("prod", other_engines)
        yield seen
    finally:
        del StoreComponent.__getattribute__


@pytest.mark.parametrize("name", sorted(name for name, cls in CLASSES.items() if cls.OUTPUTS))
def test_every_output_has_a_reader(name: str, read: set[tuple[str, str]]) -> None:
    unread = [output for output in CLASSES[name].OUTPUTS if (name, output) not in read]
    assert not unread, "each is a line in every state that serves nobody; remove it, or leave it out of OUTPUTS"
