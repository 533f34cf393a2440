"""Recommendations: for who agreed to a profile by Personalize, for everybody else best sellers."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from functions.common import aws, names
from services.catalogue import app as catalogue
from services.catalogue import profiles, recommendations
from services.catalogue.recommendations import Recommender
from tests.services.catalogue.test_catalogue import article
from tests.services.shop import Shop
from tests.services.tokens import bearer

ADA, BOB = "ada", "bob"
BUCKET = "forget-me"
DOWN = EndpointConnectionError(endpoint_url="https://personalize")


class Engine:
    """Amazon Personalize."""

    def __init__(self) -> None:
        self.events, self.items, self.asked = list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
        self.answer: list[str] = []
        self.failure: Exception | None = None

    def _taken(self, into: list[dict[str, Any]], given: dict[str, Any]) -> None:
        into.append(given)
        if self.failure is not None:
            raise self.failure

    def put_events(self, **given: Any) -> dict[str, Any]:
        self._taken(self.events, given)
        return {}

    def put_items(self, **given: Any) -> dict[str, Any]:
        self._taken(self.items, given)
        return {}

    def get_recommendations(self, **given: Any) -> dict[str, Any]:
        self._taken(self.asked, given)
        return {"itemList": [{"itemId": one} for one in self.answer]}


@pytest.fixture(autouse=True)
def engine(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A recommender, and three products for sale."""
    for name, value in {
        names.TRACKING_ID: "tracker",
        names.ITEMS_DATASET: "arn:items",
        names.RECOMMENDER: "arn:recommender",
        names.RECOMMENDER_FILTER: "arn:filter",
        names.FORGET_BUCKET: BUCKET,
        names.METRICS_NAMESPACE: "web-store/test",
    }.items():
        monkeypatch.setenv(name, value)
    made = Engine()
    for client in ("personalize_events", "personalize_runtime"):
        monkeypatch.setattr(recommendations, client, lambda: made)
    monkeypatch.setattr(catalogue, "recommender", Recommender())
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for number in (1, 2, 3):
        article(shop, f"p-{number}", f"s-{number}")
    yield made
    aws.s3.cache_clear()


def chooses(shop: Shop, customer: str, *, profiling: bool, hour: int = 8) -> None:
    consents = {"marketing_email": False, "marketing_sms": False, "profiling": profiling}
    detail = {"event_id": "e", "customer_id": customer, "changed_at": f"2026-11-01T{hour:02}:00:00Z"}
    shop.hear("catalogue", "customer.consent-changed", {**detail, "consents": consents, "policy_version": "1"})


def orders(shop: Shop, order: str, *skus: str, customer: str = ADA, at: str = "") -> None:
    lines = [{"sku": sku, "quantity": 7, "unit_price_minor": 1} for sku in skus]
    placed = at or recommendations.datetime.now(recommendations.UTC).isoformat()
    detail = {"event_id": order, "order_id": order, "customer_id": customer, "placed_at": placed, "lines": lines}
    shop.hear("catalogue", "order.placed", {**detail, "currency": "EUR", "total_minor": 1})


def views(shop: Shop, customer: str, product: str) -> int:
    headers = bearer("catalogue.read", sub=customer)
    return shop["catalogue"].post("/api/catalogue/views", json={"product_id": product}, headers=headers).status_code


def recommended(shop: Shop, customer: str) -> tuple[str, list[str]]:
    answer = shop["catalogue"].get("/api/catalogue/recommendations", headers=bearer("catalogue.read", sub=customer))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    return answer.json()["source"], [one["product_id"] for one in answer.json()["products"]]


def best(shop: Shop) -> list[str]:
    shop.cache.flushall()
    return [one["product_id"] for one in shop["catalogue"].get("/api/catalogue/best-sellers").json()["products"]]


def to_forget() -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=names.FORGET_PREFIX).get("Contents", [])
    return [one["Key"].removeprefix(names.FORGET_PREFIX) for one in found]


def test_nothing_of_a_customer_is_told_without_consent(shop: Shop, engine: Engine) -> None:
    assert views(shop, ADA, "p-1") == 204
    orders(shop, "o-1", "s-1")
    assert recommended(shop, ADA) == ("best-sellers", ["p-1"])
    assert (engine.events, engine.asked) == ([], [])
    chooses(shop, BOB, profiling=False)
    assert views(shop, BOB, "p-1") == 204
    assert engine.events == []


def test_views_and_orders_of_who_agreed_are_told_under_a_pseudonym(shop: Shop, engine: Engine) -> None:
    chooses(shop, ADA, profiling=True)
    assert views(shop, ADA, "p-2") == 204
    orders(shop, "o-1", "s-1", "s-3", at="2026-11-02T10:00:00Z")
    viewed, bought = engine.events
    assert viewed["userId"] == bought["userId"] == profiles.pseudonym_of(ADA)
    assert ADA not in json.dumps(engine.events, default=str)
    assert [(one["eventType"], one["itemId"]) for one in viewed["eventList"]] == [("View", "p-2")]
    told = [(one["eventId"], one["eventType"], one["itemId"]) for one in bought["eventList"]]
    assert told == [("o-1-0", "Purchase", "p-1"), ("o-1-1", "Purchase", "p-3")]
    assert {one["sentAt"].isoformat() for one in bought["eventList"]} == {"2026-11-02T10:00:00+00:00"}
    with Stubber(aws.personalize_events()) as stub:
        for given in engine.events:
            stub.add_response("put_events", {}, given)
            aws.personalize_events().put_events(**given)


def test_many_products_are_told_ten_at_a_time(shop: Shop, engine: Engine) -> None:
    for number in range(10, 35):
        article(shop, f"p-{number}", f"s-{number}")
    chooses(shop, ADA, profiling=True)
    orders(shop, "o-1", *(f"s-{number}" for number in range(10, 35)))
    assert [len(one["eventList"]) for one in engine.events] == [10, 10, 5]
    ids = [event["eventId"] for one in engine.events for event in one["eventList"]]
    assert len(set(ids)) == 25


def test_personalize_recommends_what_is_for_sale_in_its_order(shop: Shop, engine: Engine) -> None:
    chooses(shop, ADA, profiling=True)
    engine.answer = ["p-3", "gone", "p-1"]
    assert recommended(shop, ADA) == ("personalize", ["p-3", "p-1"])
    (asked,) = engine.asked
    assert asked["filterArn"] == "arn:filter"
    assert asked["userId"] == profiles.pseudonym_of(ADA)
    with Stubber(aws.personalize_runtime()) as stub:
        stub.add_response("get_recommendations", {"itemList": []}, asked)
        aws.personalize_runtime().get_recommendations(**asked)
    engine.answer = ["gone"]
    orders(shop, "o-1", "s-2")
    assert recommended(shop, ADA) == ("best-sellers", ["p-2"]), "none of it is for sale"


@pytest.mark.parametrize(
    "failure", [DOWN, ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "GetRecommendations")]
)
def test_a_failure_shows_best_sellers_is_counted_and_pauses(
    shop: Shop, engine: Engine, failure: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    chooses(shop, ADA, profiling=True)
    orders(shop, "o-1", "s-2")
    engine.answer, engine.failure = ["p-3"], failure
    assert recommended(shop, ADA) == ("best-sellers", ["p-2"])
    engine.failure = None
    assert recommended(shop, ADA) == ("best-sellers", ["p-2"]), "the next seconds go without it"
    assert len(engine.asked) == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    counted = [one for one in told if "RecommendationFailures" in one]
    assert [(one["service"], one["RecommendationFailures"]) for one in counted] == [("catalogue", [1.0])] * 2


def test_a_view_that_cannot_be_told_is_no_failure_of_the_page(shop: Shop, engine: Engine) -> None:
    chooses(shop, ADA, profiling=True)
    assert views(shop, ADA, "none") == 404
    engine.failure = DOWN
    assert views(shop, ADA, "p-1") == 204
    assert views(shop, ADA, "p-1") == 204
    assert len(engine.events) == 1, "the next seconds go without it"


def test_an_order_that_cannot_be_told_comes_again_and_counts_once(shop: Shop, engine: Engine) -> None:
    chooses(shop, ADA, profiling=True)
    engine.failure = DOWN
    with pytest.raises((EndpointConnectionError, RuntimeError)):
        orders(shop, "o-1", "s-1")
    engine.failure = None
    orders(shop, "o-1", "s-1")
    orders(shop, "o-1", "s-1")
    orders(shop, "o-2", "s-2")
    orders(shop, "o-3", "s-2")
    assert best(shop) == ["p-2", "p-1"]
    assert {one["eventList"][0]["eventId"] for one in engine.events if one["eventList"][0]["itemId"] == "p-1"} == {
        "o-1-0"
    }


def test_best_sellers_are_those_of_two_weeks_and_for_sale(shop: Shop) -> None:
    orders(shop, "o-1", "s-1", customer=BOB)
    orders(shop, "old", "s-3", at="2026-01-02T10:00:00Z", customer=BOB)
    orders(shop, "o-2", "unknown", customer=BOB)
    assert best(shop) == ["p-1"]
    article(shop, "p-1", "s-1", hour=9, change="withdrawn")
    assert best(shop) == []


def test_a_withdrawn_consent_leaves_nobody_who_knows_the_pseudonym(shop: Shop, engine: Engine) -> None:
    chooses(shop, ADA, profiling=True)
    pseudonym = profiles.pseudonym_of(ADA)
    chooses(shop, ADA, profiling=False, hour=9)
    assert to_forget() == [pseudonym]
    assert profiles.pseudonym_of(ADA) is None
    assert views(shop, ADA, "p-1") == 204
    assert (engine.events, recommended(shop, ADA)[0]) == ([], "best-sellers")
    chooses(shop, ADA, profiling=True, hour=10)
    assert profiles.pseudonym_of(ADA) not in (None, pseudonym), "the profile begins anew"


def test_choices_count_by_their_time_in_any_order_and_again(shop: Shop) -> None:
    chooses(shop, ADA, profiling=True, hour=8)
    chooses(shop, ADA, profiling=False, hour=10)
    chooses(shop, ADA, profiling=True, hour=9)
    assert profiles.pseudonym_of(ADA) is None
    chooses(shop, BOB, profiling=True, hour=10)
    known = profiles.pseudonym_of(BOB)
    chooses(shop, BOB, profiling=True, hour=10)
    chooses(shop, BOB, profiling=False, hour=9)
    assert profiles.pseudonym_of(BOB) == known
    assert len(to_forget()) == 1


def test_sign_up_tells_the_first_choice(shop: Shop) -> None:
    consent = {"marketing_email": True, "marketing_sms": False, "profiling": True, "policy_version": "1"}
    detail = {"event_id": "e", "customer_id": ADA, "signed_up_at": "2026-11-01T08:00:00Z", "locale": "en"}
    given = {**consent, "given_at": "2026-11-01T08:00:00Z"}
    shop.hear("catalogue", "customer.signed-up", {**detail, "channel": "web", "consent": given})
    assert profiles.pseudonym_of(ADA)


def test_an_erased_customer_stays_erased_whatever_comes_late(shop: Shop) -> None:
    chooses(shop, ADA, profiling=True, hour=8)
    pseudonym = profiles.pseudonym_of(ADA)
    erased = {"event_id": "e", "customer_id": ADA, "erased_at": "2026-11-01T10:00:00Z"}
    for _ in range(2):
        shop.hear("catalogue", "customer.erased", erased)
    chooses(shop, ADA, profiling=True, hour=9)
    assert to_forget() == [pseudonym]
    item = shop.item("recommendations", id=f"CUSTOMER#{ADA}")
    assert item
    assert "pseudonym" not in item
    assert item["expires_at"] > 0


def test_who_cannot_say_it_to_the_bucket_says_it_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    chooses(shop, ADA, profiling=True, hour=8)
    pseudonym = profiles.pseudonym_of(ADA)
    with monkeypatch.context() as broken:
        broken.setenv(names.FORGET_BUCKET, "no-such-bucket")
        with pytest.raises((ClientError, RuntimeError)):
            chooses(shop, ADA, profiling=False, hour=9)
    assert profiles.pseudonym_of(ADA) == pseudonym, "it is not lost"
    chooses(shop, ADA, profiling=False, hour=9)
    assert (profiles.pseudonym_of(ADA), to_forget()) == (None, [pseudonym])


def test_products_are_described_with_their_price_and_category(shop: Shop, engine: Engine) -> None:
    article(shop, "p-4", "s-4", price_minor=500, category="hats")
    shop.hear("catalogue", "catalogue.changed", {"event_id": "e", "sku": "s-4"})
    (told,) = engine.items
    assert told["datasetArn"] == "arn:items"
    assert json.loads(told["items"][0]["properties"]) == {"price": 500.0, "categoryL1": "hats"}
    with Stubber(aws.personalize_events()) as stub:
        stub.add_response("put_items", {}, told)
        aws.personalize_events().put_items(**told)


def test_a_product_that_personalize_does_not_take_holds_no_event_up(
    shop: Shop, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.failure = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "PutItems")
    shop.hear("catalogue", "catalogue.changed", {"event_id": "e", "sku": "s-1"})
    assert len(engine.items) == 1
    assert "RecommendationFailures" in capsys.readouterr().out


def test_without_an_engine_everybody_sees_best_sellers(
    shop: Shop, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (names.TRACKING_ID, names.ITEMS_DATASET, names.RECOMMENDER, names.FORGET_BUCKET):
        monkeypatch.delenv(name)
    chooses(shop, ADA, profiling=True)
    orders(shop, "o-1", "s-1")
    assert views(shop, ADA, "p-1") == 204
    shop.hear("catalogue", "catalogue.changed", {"event_id": "e", "sku": "s-1"})
    assert recommended(shop, ADA) == ("best-sellers", ["p-1"])
    chooses(shop, ADA, profiling=False, hour=9)
    assert (engine.events, engine.items, engine.asked, to_forget()) == ([], [], [], [])
