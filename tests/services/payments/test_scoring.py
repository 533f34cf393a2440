"""Scoring of payments: what holds or blocks one, what is counted, kept and forgotten."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import Stubber

from functions.common import aws, names
from functions.common.fraud import hashes
from functions.common.fraud.hashes import network_of
from tests.services.buying import Buying
from tests.services.scoring import HIGH, NAMESPACE, Scoring, reviews, velocity

ADA = "81.2.69.160"


def test_a_payment_without_risk_is_captured_and_its_decision_is_kept(buying: Buying, scoring: Scoring) -> None:
    payment = buying.pay(buying.ordered()).json()
    assert payment["status"] == "settled"
    (decision,) = scoring.decisions()
    assert (decision["decision_id"], decision["outcome"], decision["score"]) == (payment["payment_id"], "approve", 0)


def test_a_blocked_payment_never_reaches_the_provider_and_says_no_rule(buying: Buying, scoring: Scoring) -> None:
    scoring.use(rules=HIGH, review_at=10, block_at=50)
    order = buying.ordered(quantity=2)
    payment = buying.pay(order).json()
    assert (payment["status"], payment["decline_code"]) == ("declined", "declined")
    assert not {"outcome", "reasons", "score", "rule"} & payment.keys()
    assert buying.provider.charges() == []
    assert buying.pay(order).json() == payment
    assert (scoring.decisions()[0]["outcome"], buying.order(order)["status"]) == ("block", "pending")
    buying.later(minutes=30)
    buying.sweep()
    assert buying.order(order)["cancelled"]["reason"] == "not-paid"


@pytest.mark.usefixtures("scoring")
def test_a_customer_whose_order_was_paid_before_is_not_new(buying: Buying) -> None:
    buying.pay(buying.ordered())
    buying.deliver()
    assert buying.pay(buying.ordered(quantity=2, key="key-2")).json()["status"] == "settled"


@pytest.mark.parametrize(("of", "other"), [("customer", {}), ("client", {"client": "2.2.2.2"}), ("address", {})])
def test_payments_are_counted_once_each_and_only_within_the_window(
    buying: Buying, scoring: Scoring, of: str, other: dict[str, str]
) -> None:
    scoring.use(rules={"many": velocity(of)})
    buying.client = ADA
    order = buying.ordered()
    for token in ("tok_decline_1", "tok_decline_1", "tok_decline_2", "tok_decline_2"):
        assert buying.pay(order, token).json()["status"] == "declined"
    assert [decision["score"] for decision in scoring.decisions()] == [0, 0]
    buying.later(minutes=61)
    order = buying.ordered(key="key-2")
    assert buying.pay(order, "tok_decline_3").json()["status"] == "declined"
    assert buying.pay(order, "tok_decline_4").json()["status"] == "declined"
    buying.client = other.get("client", ADA)
    held = buying.pay(order, "tok_approve_5").json()
    assert held["status"] == ("settled" if other else "held")


def test_a_window_slides_over_the_edge_of_its_stretch(buying: Buying, scoring: Scoring) -> None:
    scoring.use(rules={"many": velocity()})
    buying.later(seconds=3600 - int(buying.clock()) % 3600 - 30)
    order = buying.ordered()
    buying.pay(order, "tok_decline_1")
    buying.pay(order, "tok_decline_2")
    buying.later(minutes=1)
    assert buying.pay(order, "tok_approve_3").json()["status"] == "held"
    assert len(scoring.counters()) == 2


def test_no_number_of_attempts_switches_a_rule_off(buying: Buying, scoring: Scoring) -> None:
    scoring.use(rules={"many": velocity(limit=5)})
    buying.later(seconds=3600 - int(buying.clock()) % 3600)
    order = buying.ordered()
    for number in range(105):
        buying.pay(order, f"tok_decline_{number}")
    buying.later(minutes=59)
    order = buying.ordered(key="key-2")
    buying.later(minutes=4)
    for number in range(200, 205):
        buying.pay(order, f"tok_decline_{number}")
    assert buying.pay(order, "tok_approve_300").json()["status"] == "held"


def test_a_key_that_was_used_for_another_order_has_no_decision_of_it(buying: Buying, scoring: Scoring) -> None:
    first = buying.ordered()
    with pytest.MonkeyPatch.context() as lost:
        lost.setattr("services.payments.pay.written", lambda *_: False)
        assert buying.pay(first, Idempotency_Key="k").status_code == 409
    assert buying.cancel(first).status_code == 200
    dear = buying.ordered(quantity=2, key="key-2")
    assert buying.pay(dear, Idempotency_Key="k").json()["status"] == "held"
    assert [decision["outcome"] for decision in scoring.decisions()] == ["review"]


def test_declines_of_the_provider_count_and_those_of_the_store_do_not(buying: Buying, scoring: Scoring) -> None:
    scoring.use(rules={"declines": velocity(limit=1, counted="declines")})
    order = buying.ordered()
    buying.pay(order, "tok_decline_1")
    buying.pay(order, "tok_decline_2")
    assert buying.pay(order, "tok_approve_3").json()["status"] == "held"
    (counter,) = scoring.counters()
    assert len([name for name in counter if name.startswith("at#")]) == 2


def test_countries_that_differ_count_where_both_are_known(buying: Buying, scoring: Scoring) -> None:
    scoring.use(rules={"countries": {"kind": "countries", "weight": 60}})
    assert buying.pay(buying.ordered()).json()["status"] == "settled"
    assert buying.fill("s-1").status_code == 201
    elsewhere = {"name": "Ada", "line_1": "2 Street", "postal_code": "1", "city": "Town", "country": "FR"}
    order = buying.check_out("key-2", billing_address=elsewhere).json()
    assert buying.pay(order, "tok_approve_2").json()["status"] == "held"


def test_no_identifier_is_kept_as_it_is(buying: Buying, scoring: Scoring) -> None:
    rules = {of: velocity(of) for of in ("customer", "client", "address", "token")}
    scoring.use(rules={**rules, "declines": velocity(counted="declines")})
    buying.client = ADA
    buying.pay(buying.ordered(), "tok_decline_secret")
    kept = json.dumps([scoring.decisions(), scoring.counters()], default=str)
    assert len(scoring.counters()) == 5
    for plain in ("customer-1", "81.2.69", "tok_decline", "Street", "12345"):
        assert plain not in kept
    due = next(item for item in buying.shop.items("payments", "DUE") if item["item"] == "DUE")
    assert "Street" not in json.dumps(due, default=str)
    assert len(due["screening"]["address"]) == 32


def test_without_an_engine_nothing_is_scored_and_nothing_kept(buying: Buying) -> None:
    order = buying.ordered(quantity=2)
    assert buying.pay(order).json()["status"] == "settled"
    (due,) = (item for item in buying.shop.items("payments", "DUE") if item["item"] == "DUE")
    assert due["screening"] == {}


@pytest.mark.parametrize(("quantity", "status"), [(1, "settled"), (2, "held")])
def test_while_scoring_is_down_high_amounts_are_held_and_others_pass(
    buying: Buying,
    scoring: Scoring,
    monkeypatch: pytest.MonkeyPatch,
    logged: Callable[[], list[dict[str, Any]]],
    quantity: int,
    status: str,
) -> None:
    scoring.use(rules=HIGH, hold_unscored_above_minor=1000)
    order = buying.ordered(quantity=quantity)
    monkeypatch.setenv(names.FRAUD_MAC_KEY, "arn:aws:kms:eu-west-1:123456789012:key/gone")
    hashes._key.cache_clear()
    payment = buying.pay(order).json()
    assert payment["status"] == status
    assert [line["cause"] for line in logged() if line["message"] == "payment not scored"] == [
        "GenerateMac: NotFoundException"
    ]
    assert [(review["score"], review["reasons"]) for review in reviews(buying)] == [(None, [])] * (status == "held")


def test_a_model_adds_to_the_score_and_learns_no_identifier(buying: Buying, scoring: Scoring) -> None:
    scoring.use(rules={"many": velocity(limit=1)}, model={"endpoint_name": "risk", "weight": 80}, block_at=200)
    asked: dict[str, Any] = {
        "EndpointName": "risk",
        "ContentType": "application/json",
        "Body": json.dumps(
            {"amount_minor": 1000, "first_order": True, "countries_differ": False, "counts": {"many": 1}}
        ),
    }
    with Stubber(aws.sagemaker()) as model:
        model.add_response("invoke_endpoint", {"Body": _Body(b'{"score": 0.75}')}, asked)
        assert buying.pay(buying.ordered()).json()["status"] == "held"
    assert reviews(buying)[0]["reasons"] == [{"rule": "model", "points": 60}]


@pytest.mark.parametrize("answer", [b'{"score": 7}', b"none", None], ids=["out of range", "no JSON", "an error"])
def test_without_the_models_answer_the_rules_decide(buying: Buying, scoring: Scoring, answer: bytes | None) -> None:
    scoring.use(rules=HIGH, model={"endpoint_name": "risk"})
    with Stubber(aws.sagemaker()) as model:
        if answer is None:
            model.add_client_error("invoke_endpoint", "ModelNotReadyException")
        else:
            model.add_response("invoke_endpoint", {"Body": _Body(answer)})
        assert buying.pay(buying.ordered()).json()["status"] == "settled"
    assert scoring.decisions()[0]["engine"] == "layered"


def test_a_process_starts_without_the_key_of_hashes(
    buying: Buying, scoring: Scoring, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    scoring.use(model={"endpoint_name": "risk"})
    monkeypatch.setenv(names.FRAUD_MAC_KEY, "arn:aws:kms:eu-west-1:123456789012:key/gone")
    assert buying.shop["payments"].get("/health/live").status_code == 200
    assert [line["cause"] for line in logged() if "hashes" in line["message"]] == ["GenerateMac: NotFoundException"]


@pytest.mark.usefixtures("scoring")
def test_each_decision_is_a_metric(buying: Buying, capsys: pytest.CaptureFixture[str]) -> None:
    buying.pay(buying.ordered(quantity=2))
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [line["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in written] == [NAMESPACE] * 2
    scored, begun = written
    assert (scored["PaymentsScored"], scored["PaymentsHeld"], scored["PaymentsBlocked"]) == ([1], [1], [0])
    assert (scored["PaymentsUnscored"], begun["ReviewsBegun"]) == ([0], [1])
    assert scored["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert scored["service"] == "payments"


def test_an_erased_customer_leaves_no_decision_and_no_counter(buying: Buying, scoring: Scoring) -> None:
    scoring.use(rules={"many": velocity(limit=1), "from": velocity("client", weight=1)})
    buying.client = ADA
    order = buying.ordered()
    buying.pay(order, "tok_decline_1")
    held = buying.pay(order, "tok_approve_2").json()
    with buying.customer("customer-2"):
        other = buying.pay(buying.ordered(key="key-2")).json()
    buying.shop.hear("payments", "customer.erased", {"customer_id": "customer-1"})
    left = {decision["decision_id"]: decision for decision in scoring.decisions()}
    assert left.keys() == {held["payment_id"], other["payment_id"]}
    assert "customer" not in left[held["payment_id"]]
    assert left[held["payment_id"]]["expires_at"] < left[other["payment_id"]]["expires_at"]
    assert sorted(counter["counter"].partition("#")[0] for counter in scoring.counters()) == ["from", "many"]
    assert reviews(buying)[0]["reasons"][0]["rule"] == "many"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("81.2.69.160", "81.2.69.0/24"),
        ("::ffff:81.2.69.160", "81.2.69.0/24"),
        ("2a00:1450:4009:81f::200e", "2a00:1450:4009:800::/56"),
        ("127.0.0.1", None),
        ("10.0.0.1", None),
        ("nonsense", None),
        ("", None),
        (None, None),
    ],
)
def test_a_client_is_known_by_its_network(address: str | None, network: str | None) -> None:
    assert network_of(address) == network


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self) -> bytes:
        return self._content
