"""What section `fraud` of the settings gives a service that scores, in an emulator."""

from typing import Any

import boto3
import pytest

from functions.common import names
from settings.fraud import Layered
from settings.table_design import IndexDesign, KeyAttribute, TableDesign
from tests.functions.cloud import make_table
from tests.services.shop import Shop

NAMESPACE = "web-store/test"
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
        engine = Layered.model_validate({"kind": "layered", **changes})
        self._environment.setenv(names.FRAUD_ENGINE, written(engine))

    def decisions(self) -> list[dict[str, Any]]:
        return self._client.scan(TableName="fraud-decisions")["Items"]

    def counters(self) -> list[dict[str, Any]]:
        return self._client.scan(TableName="fraud-counters")["Items"]


def written(engine: Layered) -> str:
    """As the program writes it into the variable."""
    kept = {"review_at", "block_at", "rules", "model", "hold_hours", "hold_unscored_above_minor", "keep_days"}
    return engine.model_dump_json(include=kept)
