"""A detector of Amazon Fraud Detector scores payments, and the store's rules where it does not answer."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from functions.common import aws
from tests.services.buying import Buying
from tests.services.scoring import HIGH, Scoring, reviews, velocity

DETECTOR = {
    "name": "payments",
    "version": "3",
    "event_type": "payment",
    "variables": {"price": "amount_minor", "is_new": "first_order", "abroad": "countries_differ"},
    "outcomes": {"ok": "approve", "verify": "review", "stop": "block"},
}
WAIVER = {
    "owner": "store-platform",
    "reason": "The detector is trained; rules follow.",
    "expires": str((datetime.now(UTC) + timedelta(days=30)).date()),
}


@pytest.fixture
def scoring(buying: Buying, monkeypatch: pytest.MonkeyPatch) -> Scoring:
    return Scoring(buying.shop, monkeypatch, rules=HIGH, detector=DETECTOR, waiver=WAIVER)


def answer(*outcomes: str, score: float = 0) -> dict[str, Any]:
    rules = [{"ruleId": f"rule-{outcome}", "outcomes": [outcome]} for outcome in outcomes]
    return {"ruleResults": rules, "modelScores": [{"scores": {"payments_insightscore": score}}]}


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [((), "settled"), (("ok",), "settled"), (("verify",), "held"), (("ok", "verify", "stop"), "declined")],
)
def test_its_strictest_outcome_decides(
    buying: Buying, scoring: Scoring, outcomes: tuple[str, ...], status: str
) -> None:
    with Stubber(aws.fraud_detector()) as detector:
        detector.add_response("get_event_prediction", answer(*outcomes, score=873.4))
        # By the store's own rules it would be held.
        assert buying.pay(buying.ordered(quantity=2)).json()["status"] == status
        detector.assert_no_pending_responses()
    (decision,) = scoring.decisions()
    assert (decision["engine"], decision["score"]) == ("fraud-detector-legacy", 873)


def test_it_gets_amount_and_flags_and_the_customer_as_a_hash(buying: Buying, scoring: Scoring) -> None:
    asked = {
        "detectorId": "payments",
        "detectorVersionId": "3",
        "eventId": ANY,
        "eventTypeName": "payment",
        "entities": ANY,
        "eventTimestamp": ANY,
        "eventVariables": {"price": "1000", "is_new": "true", "abroad": "false"},
    }
    heard: list[dict[str, Any]] = []
    client = aws.fraud_detector()

    def hear(params: dict[str, Any], **_: Any) -> None:
        heard.append(params)

    client.meta.events.register("provide-client-params.frauddetector.GetEventPrediction", hear, unique_id="heard")
    with Stubber(client) as detector:
        detector.add_response("get_event_prediction", answer("verify", score=600), asked)
        assert buying.pay(buying.ordered()).json()["status"] == "held"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", heard[0]["eventTimestamp"])
    client.meta.events.unregister("provide-client-params.frauddetector.GetEventPrediction", hear, unique_id="heard")
    ((entity,),) = (one["entities"] for one in heard)
    assert entity["entityType"] == "customer"
    assert entity["entityId"] == scoring.decisions()[0]["customer"]
    assert "customer-1" not in json.dumps(heard)
    assert reviews(buying)[0]["reasons"] == [{"rule": "detector:rule-verify", "points": 600}]


@pytest.mark.parametrize("fails", ["an error", "an outcome without a meaning"])
def test_where_it_does_not_answer_the_stores_rules_decide(
    buying: Buying, scoring: Scoring, fails: str, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    with Stubber(aws.fraud_detector()) as detector:
        if fails == "an error":
            detector.add_client_error("get_event_prediction", "ResourceUnavailableException")
        else:
            detector.add_response("get_event_prediction", answer("ok", "new"))
        assert buying.pay(buying.ordered(quantity=2)).json()["status"] == "held"
    assert scoring.decisions()[0]["engine"] == "layered"
    assert reviews(buying)[0]["reasons"][0]["rule"] == "first-order-amount"
    assert [line["cause"] for line in logged() if line["message"] == "detector does not answer"]


def test_counters_go_on_while_it_decides(buying: Buying, scoring: Scoring) -> None:
    scoring.use(rules={"many": velocity(limit=1)}, detector=DETECTOR, waiver=WAIVER)
    with Stubber(aws.fraud_detector()) as detector:
        detector.add_response("get_event_prediction", answer("ok"))
        detector.add_client_error("get_event_prediction", "ThrottlingException")
        assert buying.pay(buying.ordered()).json()["status"] == "settled"
        assert buying.pay(buying.ordered(key="key-2")).json()["status"] == "held", (
            "the second within the hour, by the rules"
        )


@pytest.mark.usefixtures("scoring")
def test_what_fails_is_a_metric(buying: Buying, capsys: pytest.CaptureFixture[str]) -> None:
    with Stubber(aws.fraud_detector()) as detector:
        detector.add_client_error("get_event_prediction", "ThrottlingException")
        buying.pay(buying.ordered())
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [line["DetectorFailures"] for line in written if "DetectorFailures" in line] == [[1.0]]
