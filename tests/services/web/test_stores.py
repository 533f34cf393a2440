"""The page of stores: where they are, when they are open, and what it says when places are not found."""

import pytest

from services.web.config import SHARED_FILES
from services.web.texts import Texts
from services.web.visit import DOWN
from settings.stack_files import stack_settings
from tests.services.web.browser import Browser, World


def test_a_store_has_its_address_hours_services_and_a_map(browser: Browser) -> None:
    page = browser.get("/stores")
    for told in (
        "Workshop store",
        "4 Harbour Lane",
        "09:00\N{EN DASH}18:00",
        "Tuesday closed",
        "Pick up what you ordered",
    ):
        assert told in page.text
    (map_,) = [image for image in page.all("img") if "maps.test" in image["src"]]
    assert map_["alt"] == "Map of the surroundings of Workshop store, 4 Harbour Lane"
    assert (map_["src"], map_["width"]) == ("https://maps.test/v2/static/map?key=v1.public", "480")
    assert "km away" not in page.text


def test_the_nearest_to_a_place_has_its_distance(browser: Browser, world: World) -> None:
    world.api.stores["stores"][0]["distance_m"] = 2_449
    world.api.stores |= {"near": "found", "place": "Galway, Ireland"}
    page = browser.get("/stores?near=++Galway+")
    assert world.api.near == ["Galway"]
    assert "Nearest to Galway, Ireland" in page.text
    assert "2.4 km away" in page.text
    (form,) = [one for one in page.forms if one.action == "/stores"]
    assert form.fields["near"] == "Galway"


@pytest.mark.parametrize(
    ("near", "said"),
    [
        ("unknown", "We do not find this place"),
        ("unavailable", "We cannot look for places at the moment"),
        ("busy", "so we cannot sort them"),
        ("a word of a later release", "We cannot look for places at the moment"),
    ],
)
def test_stores_are_shown_when_the_place_is_not_found_and_the_page_says_so(
    browser: Browser, world: World, near: str, said: str
) -> None:
    world.api.stores["near"] = near
    page = browser.get("/stores?near=Galway")
    assert said in page.text
    assert "Workshop store" in page.text


def test_a_store_without_maps_and_one_that_sells_online_only(browser: Browser, world: World) -> None:
    world.api.stores["stores"][0]["map_url"] = None
    page = browser.get("/stores?near=a")
    assert [image for image in page.all("img") if image["alt"].startswith("Map")] == []
    world.api.stores["stores"] = []
    assert "This store sells online only" in browser.get("/stores?near=b").text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x"])
def test_the_address_of_a_map_is_one_of_the_web(browser: Browser, world: World, url: str) -> None:
    world.api.stores["stores"][0]["map_url"] = url
    browser.get("/stores?near=c")
    assert browser.response.status_code == DOWN
    assert url not in browser.response.text


def test_a_catalogue_that_is_down_is_said_to_be(browser: Browser, world: World) -> None:
    world.lost["GET /api/catalogue/stores"] = "503"
    browser.get("/stores")
    assert browser.response.status_code == DOWN


def test_every_page_leads_to_the_stores(browser: Browser) -> None:
    assert "/stores" in [link.get("href") for link in browser.get("/home").all("a")]


def test_orders_are_picked_up_in_the_stores_that_hand_them_over() -> None:
    labels = Texts(SHARED_FILES).below("location")
    for settings in stack_settings().values():
        handing = {name: one for name, one in settings.location.stores.items() if "pickup" in one.services}
        assert labels == {name: f"{one.name}, {one.line_1}" for name, one in handing.items()}
