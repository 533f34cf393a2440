"""What section `fraud` of the settings gives a service that scores, in an emulator."""

from typing import Any

import boto3
import pytest

from functions.common import names
from settings.fraud import FraudDetectorLegacy, Layered
from settings.table_design import IndexDesign, KeyAttribute, TableDesign
from tests.functions.cloud import make_table
from tests.services.buying import Buying
from tests.services.shop import Shop
from tests.services.tokens import SIGNED

NAMESPACE = "web-store/test"
HIGH = {"first-order-amount": {"kind": "amount", "above_minor": 1500, "weight": 50}}
_DECISIONS = TableDesign(
    partition=KeyAttribute(name="decision_id"),
    indexes={"by_customer": IndexDesign(partition=KeyAttribute(name="customer"), projection="KEYS_ONLY")},
)
_COUNTERS = TableDesign(partition=KeyAttribute(name="counter"))


class Scoring:
    """
    Args:
        changes: Settings of the engine, beside those that every store has.
    """

    def __init__(self, shop: Shop, environment: pytest.MonkeyPatch, **changes: Any) -> None:
        self._environment = environment
        kms: Any = boto3.client("kms")
        key = kms.create_key(KeyUsage="GENERATE_VERIFY_MAC", KeySpec="HMAC_256")["KeyMetadata"]["Arn"]
        make_table("fraud-decisions", _DECISIONS)
        make_table("fraud-counters", _COUNTERS)
        environment.setenv(names.FRAUD_DECISIONS_TABLE, "fraud-decisions")
        environment.setenv(names.FRAUD_COUNTERS_TABLE, "fraud-counters")
        environment.setenv(names.FRAUD_MAC_KEY, key)
        environment.setenv(names.METRICS_NAMESPACE, NAMESPACE)
        self._client = shop.client
        self.use(**changes)

    def use(self, **changes: Any) -> None:
        """Other settings, from now on."""
        kind = FraudDetectorLegacy if "detector" in changes else Layered
        name = "fraud-detector-legacy" if "detector" in changes else "layered"
        engine = kind.model_validate({"kind": name, **changes})
        self._environment.setenv(names.FRAUD_ENGINE, written(engine))

    def decisions(self) -> list[dict[str, Any]]:
        return self._client.scan(TableName="fraud-decisions")["Items"]

    def counters(self) -> list[dict[str, Any]]:
        return self._client.scan(TableName="fraud-counters")["Items"]


def written(engine: Layered) -> str:
    """As the program writes it into the variable."""
    kept = {
        "review_at",
        "block_at",
        "rules",
        "model",
        "hold_hours",
        "hold_unscored_above_minor",
        "keep_days",
        "detector",
    }
    return engine.model_dump_json(include=kept)


def velocity(of: str = "customer", limit: int = 2, weight: int = 50, **more: Any) -> dict[str, Any]:
    return {"kind": "velocity", "of": of, "limit": limit, "minutes": 60, "weight": weight, **more}


def verdict(buying: Buying, payment: dict[str, Any], word: str) -> Any:
    reason = {"release": "customer-confirmed", "refuse": "looks-fraudulent"}[word]
    body = {"verdict": word, "reviewer": "grace", "reason": reason}
    path = f"/api/payments/reviews/{payment['payment_id']}"
    return buying.shop["payments"].put(path, json=body, headers=SIGNED)


def reviews(buying: Buying) -> list[dict[str, Any]]:
    return buying.shop["payments"].get("/api/payments/reviews", headers=SIGNED).json()["reviews"]


def outcomes(buying: Buying) -> list[tuple[str, int]]:
    return [(charge["status"], charge["captured_minor"]) for charge in buying.provider.charges()]
