"""A customer before a shelf with ten pieces of `s-1`."""

import pytest

from tests.services.buying import Buying
from tests.services.scoring import HIGH, Scoring
from tests.services.shop import Shop


@pytest.fixture
def buying(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Buying:
    made = Buying(shop, monkeypatch)
    made.article("s-1", 1000, stock=10)
    return made


@pytest.fixture
def scoring(buying: Buying, monkeypatch: pytest.MonkeyPatch) -> Scoring:
    return Scoring(buying.shop, monkeypatch, rules=HIGH)
