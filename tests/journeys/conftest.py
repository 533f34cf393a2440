"""One run of the deployed development stack for the journeys of a worker."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.shop import Shop, Visitor
from tests.program.conftest import Stack, make_variant

_VERSION = "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE"


def _with_third_parties(config: dict[str, Any]) -> None:
    """The secret of the content management system has its value, so that the store speaks to it; and there were events
    enough for a recommender."""
    config["web-store:third_parties"]["parties"]["cms"]["events"]["auth"]["secret"] = {"version_id": _VERSION}
    config["web-store:personalization"] = {"engine": {"kind": "personalize", "recommender": {}}}


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    stack = make_variant(tmp_path_factory.mktemp("journeys"), "dev", _with_third_parties)
    done = stack.run("up", "--yes", "--skip-preview", policies=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return stack


@pytest.fixture(scope="session")
def shop(deployed: Stack) -> Iterator[Shop]:
    """It runs until the last journey has ended."""
    running = Shop(deployed)
    yield running
    running.close()


@pytest.fixture
def visitor(shop: Shop) -> Visitor:
    return Visitor(shop)
