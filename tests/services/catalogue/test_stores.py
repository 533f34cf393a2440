"""Stores that customers visit: the nearest to a place first, and all of them when Amazon Location is off or down."""

import json
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from functions.common import names
from functions.common.aws import location, places
from services.catalogue import app as catalogue
from services.catalogue.stores import Locator
from tests.services.shop import Shop

GALWAY = [-9.0568, 53.2707]
KEY = "v1.public.eyJqdGkiOiJhIn0"


def branch(name: str, longitude: float, latitude: float) -> dict[str, Any]:
    return {
        "name": name,
        "line_1": "4 Harbour Lane",
        "postal_code": "D02",
        "city": "Dublin",
        "country": "IE",
        "position": {"latitude": latitude, "longitude": longitude},
        "opening_hours": {"timezone": "Europe/Dublin", "days": {"monday": "09:00-18:00"}},
        "services": ["pickup"],
    }


STORES = {
    "store-dublin": branch("Dublin", -6.2389, 53.3445),
    "store-cork": branch("Cork", -8.4731, 51.8985),
    "store-limerick": branch("Limerick", -8.6238, 52.6638),
}


class Places:
    """Amazon Location's search of places."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, list[dict[str, Any]]()

    def geocode(self, **given: Any) -> Any:
        self.asked.append(given)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def result(*position: float) -> dict[str, Any]:
    return {"PricingBucket": "Stored", "ResultItems": [{"Title": "Galway, Ireland", "Position": list(position)}]}


@pytest.fixture
def locator(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Locator:
    assert shop
    made = Locator()
    monkeypatch.setattr(catalogue, "locator", made)
    monkeypatch.setenv(names.STORES, json.dumps(STORES))
    return made


@pytest.fixture
def found(locator: Locator, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Places]:
    assert locator

    def by(answer: Any) -> Places:
        fake = Places(answer)
        monkeypatch.setattr("services.catalogue.stores.places", lambda: fake)
        monkeypatch.setenv(names.PLACES_LIMIT, "3")
        return fake

    return by


def ask(shop: Shop, **query: str) -> Any:
    answer = shop["catalogue"].get("/api/catalogue/stores", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer: Any) -> list[str]:
    return [store["store_id"] for store in answer["stores"]]


def test_places_are_looked_for_in_the_index_of_the_legacy_engine(
    shop: Shop, found: Callable[[Any], Places], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = found(result(0.0, 0.0))
    monkeypatch.setenv(names.PLACES_INDEX, "places-of-the-store")
    asked = {"IndexName": "places-of-the-store", "MaxResults": 1, "BiasPosition": ANY, "Language": "en"}
    summary = {"Text": "galway", "DataSource": "Here"}
    place = {"Label": "Galway, Ireland", "Geometry": {"Point": GALWAY}}
    with Stubber(location()) as stub:
        stub.add_response(
            "search_place_index_for_text",
            {"Results": [{"Place": place}], "Summary": summary},
            {**asked, "Text": "galway"},
        )
        near = ask(shop, near="Galway")
        assert (near["near"], near["place"], ids(near)[0]) == ("found", "Galway, Ireland", "store-limerick")
        empty = {"Results": [], "Summary": {**summary, "Text": "atlantis"}}
        stub.add_response("search_place_index_for_text", empty, {**asked, "Text": "atlantis"})
        assert ask(shop, near="Atlantis")["near"] == "unknown"
        stub.add_client_error("search_place_index_for_text", "ThrottlingException")
        assert ask(shop, near="Cork")["near"] == "unavailable"
    assert fake.asked == [], "one engine is asked"


@pytest.mark.usefixtures("locator")
def test_all_stores_are_listed_in_their_order_without_a_place(shop: Shop) -> None:
    listed = ask(shop)
    assert (ids(listed), listed["near"]) == (list(STORES), "none")
    first = listed["stores"][0]
    assert (first["opening_hours"], first["timezone"]) == ({"monday": "09:00-18:00"}, "Europe/Dublin")
    assert (first["distance_m"], first["map_url"]) == (None, None)


def test_the_nearest_comes_first_with_its_distance(shop: Shop, found: Callable[[Any], Places]) -> None:
    fake = found(result(*GALWAY))
    near = ask(shop, near="Galway")
    assert ids(near) == ["store-limerick", "store-cork", "store-dublin"]
    assert (near["near"], near["place"]) == ("found", "Galway, Ireland")
    kilometres = [round(store["distance_m"] / 1000) for store in near["stores"]]
    assert kilometres == [73, 158, 187], "as the crow flies"
    (asked,) = fake.asked
    assert asked["QueryText"] == "galway"
    assert asked["IntendedUse"] == "Storage", "AWS lets results be kept that are paid for so"
    with Stubber(places()) as stub:
        stub.add_response("geocode", {"PricingBucket": "Stored", "ResultItems": []}, asked)
        places().geocode(**asked)


def test_a_place_is_looked_for_once_however_it_is_written(shop: Shop, found: Callable[[Any], Places]) -> None:
    fake = found(result(*GALWAY))
    for words in ("Galway", "  GALWAY", "galway"):
        assert ask(shop, near=words)["near"] == "found"
    assert len(fake.asked) == 1
    kept = {key: shop.cache.get(key) for key in shop.cache.keys("catalogue:place:*")}
    assert len(kept) == 1
    assert "galway" not in str(kept.keys()).lower(), "keys say nothing of where somebody is"


def test_where_a_customer_is_stays_out_of_other_caches(shop: Shop, found: Callable[[Any], Places]) -> None:
    found(result(*GALWAY))
    answers = [shop["catalogue"].get("/api/catalogue/stores", params=query) for query in ({}, {"near": "Galway"})]
    assert [answer.headers["cache-control"] for answer in answers] == ["public, max-age=15", "no-store"]


@pytest.mark.parametrize(
    "failure",
    [
        EndpointConnectionError(endpoint_url="https://places.geo.eu-west-1.amazonaws.com"),
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "slower"}}, "Geocode"),
    ],
)
def test_a_search_that_fails_lists_all_and_none_is_made_for_seconds(
    shop: Shop, found: Callable[[Any], Places], failure: Exception, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    fake = found(failure)
    for _ in range(2):
        near = ask(shop, near="Galway")
        assert (ids(near), near["near"], near["place"]) == (list(STORES), "unavailable", None)
    assert len(fake.asked) == 1
    assert "alway" not in json.dumps(logged())


def test_after_the_pause_a_search_is_made_again(
    shop: Shop, found: Callable[[Any], Places], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(catalogue, "locator", Locator(lambda: now[0]))
    fake = found(EndpointConnectionError(endpoint_url="https://places"))
    assert ask(shop, near="Galway")["near"] == "unavailable"
    fake.answer, now[0] = result(*GALWAY), 5.0
    assert ask(shop, near="Galway")["near"] == "found"


@pytest.mark.parametrize("answer", [{"PricingBucket": "Stored", "ResultItems": []}, {"PricingBucket": "Stored"}])
def test_a_place_that_nobody_knows_is_said_to_be_unknown(
    shop: Shop, found: Callable[[Any], Places], answer: Any
) -> None:
    fake = found(answer)
    assert [ask(shop, near="Nowhere")["near"] for _ in range(2)] == ["unknown"] * 2
    assert len(fake.asked) == 1


def test_no_more_is_looked_for_than_the_settings_pay_for(
    shop: Shop, found: Callable[[Any], Places], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [30.0]
    monkeypatch.setattr(catalogue, "locator", Locator(lambda: now[0]))
    fake = found(result(*GALWAY))
    told = [ask(shop, near=f"place {number}")["near"] for number in range(5)]
    assert told == ["found"] * 3 + ["busy"] * 2
    assert ask(shop, near="place 0")["near"] == "found", "what is known costs nothing"
    now[0] = 60.0
    assert ask(shop, near="place 4")["near"] == "found"
    assert len(fake.asked) == 4


@pytest.mark.usefixtures("locator")
def test_without_the_search_of_places_all_are_listed(shop: Shop) -> None:
    near = ask(shop, near="Galway")
    assert (ids(near), near["near"]) == (list(STORES), "unavailable")


@pytest.mark.usefixtures("locator")
def test_without_stores_the_list_is_empty(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(names.STORES)
    assert ask(shop, near="Galway") == {"stores": [], "near": "none", "place": None}


@pytest.mark.parametrize("near", ["", "x" * 129])
def test_a_place_has_a_length(shop: Shop, near: str) -> None:
    assert shop["catalogue"].get("/api/catalogue/stores", params={"near": near}).status_code == 400


@pytest.mark.usefixtures("locator")
def test_a_map_shows_the_store_by_the_public_key_which_is_read_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(names.MAPS_KEY, "web-store-maps")
    with Stubber(location()) as stub:
        described = dict.fromkeys(("CreateTime", "ExpireTime", "UpdateTime"), "2026-01-01T00:00:00Z")
        restrictions = {
            "AllowActions": ["geo-maps:GetTile"],
            "AllowResources": ["arn:aws:geo-maps:eu-west-1::provider/default"],
        }
        arn = "arn:aws:geo:eu-west-1:123456789012:api-key/web-store-maps"
        stub.add_response(
            "describe_key",
            {"Key": KEY, "KeyArn": arn, "KeyName": "web-store-maps", "Restrictions": restrictions, **described},
            {"KeyName": "web-store-maps"},
        )
        urls = [ask(shop)["stores"][0]["map_url"] for _ in range(2)]
        stub.assert_no_pending_responses()
    assert urls[0] == urls[1]
    parts = urlsplit(urls[0])
    assert (parts.netloc, parts.path) == ("maps.geo.eu-west-1.amazonaws.com", "/v2/static/map")
    query = {name: value for name, (value,) in parse_qs(parts.query).items()}
    assert query == {
        "style": "Standard",
        "zoom": "15",
        "width": "480",
        "height": "240",
        "center": "-6.2389,53.3445",
        "compact-overlay": "point:-6.2389,53.3445",
        "key": KEY,
    }


@pytest.mark.usefixtures("locator")
def test_a_key_that_is_not_read_leaves_stores_without_maps(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(names.MAPS_KEY, "web-store-maps")
    with Stubber(location()) as stub:
        stub.add_client_error("describe_key", "AccessDeniedException")
        assert {store["map_url"] for _ in range(2) for store in ask(shop)["stores"]} == {None}
        stub.assert_no_pending_responses()
