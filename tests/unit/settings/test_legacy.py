"""Engines on services that AWS no longer gives to everybody: a waiver with owner, reason and expiry, or nothing."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from lifecycle import Status, named
from settings import legacy
from settings.engagement import EngagementSettings
from settings.fraud import FraudSettings
from settings.legacy import LegacyEngine

TODAY = date(2026, 12, 1)
DETECTOR = {
    "name": "payments",
    "version": "3",
    "event_type": "payment",
    "variables": {"order_price": "amount_minor"},
    "outcomes": {"ok": "approve", "stop": "block"},
}
WAIVER = {"owner": "store-platform", "reason": "The detector is trained; rules follow.", "expires": "2027-06-30"}


def legacy_engines() -> list[type[LegacyEngine]]:
    return sorted(LegacyEngine.__subclasses__(), key=lambda one: one.__name__)


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legacy, "today", lambda: TODAY)


def problem(**waiver: Any) -> str:
    engine = {"kind": "fraud-detector-legacy", "detector": DETECTOR, **waiver}
    with pytest.raises(ValueError, match="must") as found:
        FraudSettings.model_validate({"engine": engine})
    return str(found.value)


def test_a_waiver_is_accepted_until_the_day_it_expires() -> None:
    for day in ("2026-12-01", "2027-06-30", "2027-12-01"):
        engine = {"kind": "fraud-detector-legacy", "detector": DETECTOR, "waiver": {**WAIVER, "expires": day}}
        assert FraudSettings.model_validate({"engine": engine}).engine.kind == "fraud-detector-legacy"


def test_without_a_waiver_status_day_and_successor_are_told() -> None:
    told = problem()
    assert "closed to new customers since 2025-11-07" in told
    assert "its successor is rules of the store itself" in told


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-30", "must not be over: the waiver of store-platform expired; Amazon Fraud Detector is closed"),
        ("2027-12-02", "must be 2027-12-01 at the latest"),
        ("2027-02-30", "must be a day of the calendar"),
    ],
)
def test_a_waiver_has_an_end(day: str, words: str) -> None:
    assert words in problem(waiver={**WAIVER, "expires": day})


@pytest.mark.parametrize("key", ["owner", "reason", "expires"])
def test_a_waiver_is_whole(key: str) -> None:
    engine = {"kind": "fraud-detector-legacy", "detector": DETECTOR}
    part = {name: value for name, value in WAIVER.items() if name != key}
    with pytest.raises(ValueError, match=rf"waiver\.{key}\s+Field required"):
        FraudSettings.model_validate({"engine": {**engine, "waiver": part}})


def test_a_waiver_does_not_outlive_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    ending = replace(named("Amazon Fraud Detector"), ends=date(2027, 1, 31))
    monkeypatch.setattr(legacy, "named", lambda _: ending)
    assert "must be 2027-01-31 at the latest" in problem(waiver=WAIVER)


@pytest.mark.parametrize("engine", legacy_engines())
def test_every_legacy_engine_names_a_service_that_is_not_current(engine: type[LegacyEngine]) -> None:
    assert named(engine.SERVICE).status is not Status.CURRENT
    assert str(engine.model_fields["kind"].annotation).endswith("-legacy']")


def test_a_service_that_has_ended_is_refused_with_a_waiver_too() -> None:
    with pytest.raises(ValueError, match="Amazon Pinpoint ended on 2026-10-30"):
        EngagementSettings.model_validate({"engine": {"kind": "pinpoint-legacy", "waiver": WAIVER}})


def test_a_name_that_the_record_lacks_is_refused() -> None:
    with pytest.raises(LookupError, match="Amazon Nothing"):
        named("Amazon Nothing")
