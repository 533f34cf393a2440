"""The box of fraud: tables, the key of hashes, who scores and who reviews, alarms."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pulumi_aws as aws
import pytest

from components.api import Api
from components.fraud import Fraud
from functions.common import names
from functions.common.fraud.engine import Engine
from settings.fraud import FraudSettings
from tests.foundation import foundation, key_arn
from tests.mocks import ACCOUNT_ID, Recorder, record
from tests.unit.fakes import fake

STAFF = "arn:aws:iam::444444444444:role/support"
TABLE, ALARM = "dynamodb/table:Table", "cloudwatch/metricAlarm:MetricAlarm"


def box(protect: bool = False, **settings: Any) -> Fraud:
    return Fraud(
        "fraud",
        settings=FraudSettings.model_validate_json(json.dumps(settings)),
        foundation=foundation(protect=protect),
    )


def made(protect: bool = False, **settings: Any) -> Recorder:
    return record(lambda: box(protect, **settings))


def engine(**changes: Any) -> dict[str, Any]:
    return {"kind": "layered", **changes}


def statements(recorder: Recorder, token: str, name: str, field: str = "policy") -> list[dict[str, Any]]:
    return json.loads(recorder.inputs(token, name)[field])["Statement"]


@pytest.mark.parametrize(("label", "key", "days"), [("decisions", "decision_id", 35), ("counters", "counter", 1)])
def test_both_tables_forget_by_themselves_under_the_key_of_payments(label: str, key: str, days: int) -> None:
    table = made(protect=True).inputs(TABLE, f"fraud-{label}")
    assert (table["hashKey"], table["ttl"]) == (key, {"enabled": True, "attributeName": "expires_at"})
    assert table["serverSideEncryption"]["kmsKeyArn"] == key_arn("payment")
    assert table["pointInTimeRecovery"] == {"enabled": True, "recoveryPeriodInDays": days}
    assert table["deletionProtectionEnabled"] is True


def test_the_key_of_hashes_makes_hashes_and_nothing_else() -> None:
    key = made().inputs("kms/key:Key", "fraud-identifiers")
    assert (key["keyUsage"], key["customerMasterKeySpec"]) == ("GENERATE_VERIFY_MAC", "HMAC_256")
    assert "enableKeyRotation" not in key


def test_who_scores_uses_tables_and_key_and_the_model_if_there_is_one() -> None:
    def use(**settings: Any) -> Recorder:
        def program() -> None:
            box(**settings).grant_score(aws.iam.Role("payments", assume_role_policy="{}"))

        return record(program)

    (only,) = statements(use(), "iam/rolePolicy:RolePolicy", "fraud-score-by-payments")
    assert only["Action"] == "kms:GenerateMac"
    recorder = use(engine=engine(model={"endpoint_name": "Risk-2"}))
    _, model = statements(recorder, "iam/rolePolicy:RolePolicy", "fraud-score-by-payments")
    assert model["Resource"] == f"arn:aws:sagemaker:eu-west-1:{ACCOUNT_ID}:endpoint/risk-2"
    tables = {f"fraud-{table}-write-by-payments" for table in ("decisions", "counters")}
    assert recorder.names("iam/rolePolicy:RolePolicy") == {"fraud-score-by-payments", *tables}


DETECTOR = {
    "name": "payments",
    "version": "3",
    "event_type": "payment",
    "variables": {"order_price": "amount_minor"},
    "outcomes": {"ok": "approve", "stop": "block"},
}
EXPIRES = str((datetime.now(UTC) + timedelta(days=30)).date())
LEGACY = {
    "kind": "fraud-detector-legacy",
    "detector": DETECTOR,
    "waiver": {"owner": "store-platform", "reason": "The detector is trained; rules follow.", "expires": EXPIRES},
}


def test_a_detector_is_asked_for_predictions_in_one_version_and_watched() -> None:
    def program() -> None:
        box(engine=LEGACY).grant_score(aws.iam.Role("payments", assume_role_policy="{}"))

    recorder = record(program)
    _, detector = statements(recorder, "iam/rolePolicy:RolePolicy", "fraud-score-by-payments")
    prefix = f"arn:aws:frauddetector:eu-west-1:{ACCOUNT_ID}"
    assert detector["Action"] == "frauddetector:GetEventPrediction"
    assert detector["Resource"] == [
        f"{prefix}:detector/payments",
        f"{prefix}:detector-version/payments/3",
        f"{prefix}:event-type/payment",
    ]
    assert recorder.inputs(ALARM, "fraud-detector-failures")["metricName"] == "DetectorFailures"
    assert "fraud-detector-failures" not in made().names(ALARM)


def test_a_service_reads_the_detector_as_the_settings_have_it() -> None:
    found: list[Fraud] = []
    record(lambda: found.append(box(engine=LEGACY)))
    assert found[0].variables is not None
    written = str(found[0].variables[names.FRAUD_ENGINE])
    read = Engine.model_validate_json(written)
    settings = FraudSettings.model_validate({"engine": LEGACY}).engine
    assert read.model_dump() == settings.model_dump(include=set(Engine.model_fields))
    assert "waiver" not in json.loads(written)


def test_a_service_reads_the_engine_as_the_settings_have_it() -> None:
    found: list[Fraud] = []
    record(lambda: found.append(box(engine=engine(model={"endpoint_name": "risk"}, hold_hours=48))))
    assert found[0].variables is not None
    read = Engine.model_validate_json(str(found[0].variables[names.FRAUD_ENGINE]))
    settings = FraudSettings.model_validate({"engine": engine(model={"endpoint_name": "risk"}, hold_hours=48)}).engine
    assert read.model_dump() == {**settings.model_dump(include=set(Engine.model_fields)), "detector": None}
    assert found[0].variables[names.METRICS_NAMESPACE] == "web-store/test"


def test_staff_assumes_a_role_that_calls_the_routes_of_payments() -> None:
    granted: list[tuple[str, str]] = []
    api = fake(Api, grant_invoke=lambda role, service: granted.append((role.pulumi_resource_name, service)))

    def program() -> None:
        box(reviewers=[STAFF]).allow_reviews(api)
        Fraud("other", settings=FraudSettings(), foundation=foundation()).allow_reviews(api)

    recorder = record(program)
    (trust,) = statements(recorder, "iam/role:Role", "fraud-reviewer", "assumeRolePolicy")
    assert trust["Condition"] == {"ArnEquals": {"aws:PrincipalArn": STAFF}}
    assert granted == [("fraud-reviewer", "payments")]
    assert recorder.names("iam/role:Role") == {"fraud-reviewer"}


def test_off_leaves_the_reviewers_alone() -> None:
    found: list[Fraud] = []
    recorder = record(lambda: found.append(box(engine={"kind": "off"}, reviewers=[STAFF])))
    assert [made.type for made in recorder.resources if made.type.startswith("aws:")] == ["aws:iam/role:Role"]
    off = found[0]
    assert (off.variables, off.decisions_table_name, off.table_arns, off.bounds) == (None, None, [], [])


def test_alarms_follow_the_metrics_of_payments() -> None:
    recorder = made(engine=engine(alarms={"blocked_percent": 7}))
    blocked = recorder.inputs(ALARM, "fraud-blocked-share")
    assert blocked["threshold"] == 7
    assert {query["metric"]["metricName"] for query in blocked["metricQueries"] if "metric" in query} == {
        "PaymentsBlocked",
        "PaymentsScored",
    }
    waiting = recorder.inputs(ALARM, "fraud-reviews-waiting")
    assert (waiting["namespace"], waiting["metricName"], waiting["comparisonOperator"]) == (
        "web-store/test",
        "ReviewsBegun",
        "GreaterThanOrEqualToThreshold",
    )
    assert waiting["dimensions"] == {"service": "payments"}
    assert "fraud-model-failures" not in recorder.names(ALARM)
    assert "fraud-model-failures" in made(engine=engine(model={"endpoint_name": "risk"})).names(ALARM)
