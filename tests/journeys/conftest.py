"""One run of the deployed development stack for all journeys of a worker."""

from collections.abc import Iterator

import pytest

from tests.journeys.shop import Shop, Visitor
from tests.program.conftest import Stack, dev  # noqa: F401 - a fixture


@pytest.fixture(scope="session")
def shop(dev: Stack) -> Iterator[Shop]:  # noqa: F811 - the fixture
    """It runs until the last journey has ended."""
    running = Shop(dev)
    yield running
    running.close()


@pytest.fixture
def visitor(shop: Shop) -> Visitor:
    return Visitor(shop)
