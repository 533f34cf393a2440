"""The own profile, addresses, consents, and what is left after an erasure."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.sign_up.handler import _keep, _Request
from services.customers.record import Record
from tests.services.shop import Shop
from tests.services.tokens import bearer

ME = "5b0c1c9e-77d1-4a0e-9c57-2f1b7a0d9f11"
TOKEN = bearer("customers.read", "customers.write", customer_id=ME)
ADDRESS = {"name": "Ada Marker", "line_1": "Marker Street 1", "postal_code": "1010", "city": "Wien", "country": "AT"}
ALL = {"marketing_email": True, "marketing_sms": True, "profiling": True, "policy_version": "2026-01"}


@pytest.fixture(autouse=True)
def _signed_up(shop: Shop) -> None:
    sign_up(shop)


def sign_up(shop: Shop, customer_id: str = ME, **metadata: str) -> None:
    """As the function `sign_up` writes a customer."""
    shop["customers"]
    attributes = {"sub": customer_id, "email": "Ada@Marker.example", "locale": "de-AT"}
    assert _keep(_Request.model_validate({"userAttributes": attributes, "clientMetadata": metadata}))


def call(shop: Shop, method: str, path: str, body: Any = None) -> Any:
    return shop["customers"].request(method, f"/api/customers{path}", json=body, headers=TOKEN)


def test_a_customer_sees_what_is_kept(shop: Shop) -> None:
    profile = call(shop, "GET", "/me").json()
    at = profile.pop("signed_up_at")
    assert profile == {
        "customer_id": ME,
        "email": "ada@marker.example",
        "locale": "de-AT",
        "given_name": "",
        "family_name": "",
        "phone_number": "",
        "last_order_at": None,
        "addresses": [],
        "consents": {
            purpose: {"given": False, "policy_version": "none", "given_at": at}
            for purpose in ("marketing_email", "marketing_sms", "profiling")
        },
    }


def test_nobody_sees_another_customer(shop: Shop) -> None:
    other = bearer("customers.read", customer_id="other")
    answer = shop["customers"].get("/api/customers/me", headers=other)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:store:problem:unknown-customer")


def test_what_a_change_leaves_out_stays(shop: Shop) -> None:
    call(shop, "PUT", "/me", {"given_name": "Ada", "phone_number": "+43123456789"})
    profile = call(shop, "PUT", "/me", {"family_name": "Marker"}).json()
    assert (profile["given_name"], profile["family_name"], profile["phone_number"]) == ("Ada", "Marker", "+43123456789")
    assert call(shop, "PUT", "/me", {}).status_code == 400
    assert call(shop, "PUT", "/me", {"email": "eve@example.com"}).status_code == 400


def test_ten_addresses_fit(shop: Shop) -> None:
    for number in range(10):
        answer = call(shop, "PUT", f"/me/addresses/a-{number}", ADDRESS)
        assert answer.status_code == 201
    assert answer.json() == {"address_id": "a-9", "line_2": "", "region": "", **ADDRESS}
    assert call(shop, "PUT", "/me/addresses/a-9", {**ADDRESS, "city": "Graz"}).status_code == 200
    refused = call(shop, "PUT", "/me/addresses/a-10", ADDRESS)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:store:problem:too-many-addresses")
    assert call(shop, "DELETE", "/me/addresses/a-0").status_code == 204
    assert call(shop, "DELETE", "/me/addresses/a-0").status_code == 204
    assert call(shop, "PUT", "/me/addresses/a-10", ADDRESS).status_code == 201
    kept = call(shop, "GET", "/me").json()["addresses"]
    assert [address["address_id"] for address in kept] == ["a-1", "a-10", *(f"a-{number}" for number in range(2, 10))]
    assert call(shop, "PUT", "/me/addresses/a.b", ADDRESS).status_code == 404


def test_a_consent_is_told_by_ids_and_the_address_apart(shop: Shop) -> None:
    consents = call(shop, "PUT", "/me/consents", ALL).json()
    assert {purpose: choice["given"] for purpose, choice in consents.items()} == {
        "marketing_email": True,
        "marketing_sms": True,
        "profiling": True,
    }
    (changed,) = shop.told("customers", "customer.consent-changed")
    assert changed["consents"] == {"marketing_email": True, "marketing_sms": True, "profiling": True}
    (given,) = shop.told("customers", "customer.contact-given")
    assert (given["email"], given["marketing_email"], given["policy_version"]) == (
        "ada@marker.example",
        True,
        "2026-01",
    )


def test_a_choice_that_stays_keeps_its_time_and_is_not_told(shop: Shop) -> None:
    before = call(shop, "PUT", "/me/consents", ALL).json()
    assert call(shop, "PUT", "/me/consents", ALL).json() == before
    assert len(shop.told("customers", "customer.consent-changed")) == 1
    after = call(shop, "PUT", "/me/consents", {**ALL, "profiling": False}).json()
    assert after["marketing_email"] == before["marketing_email"]
    assert after["profiling"]["given_at"] > before["profiling"]["given_at"]
    withdrawn = {**ALL, "marketing_email": False, "marketing_sms": False}
    count = len(shop.told("customers", "customer.contact-given"))
    call(shop, "PUT", "/me/consents", withdrawn)
    assert len(shop.told("customers", "customer.contact-given")) == count, "who withdraws is not told to anybody"


def test_a_new_number_reaches_those_who_may_use_it(shop: Shop) -> None:
    call(shop, "PUT", "/me", {"phone_number": "+43111111111"})
    assert shop.told("customers", "customer.contact-given") == []
    call(shop, "PUT", "/me/consents", ALL)
    call(shop, "PUT", "/me", {"phone_number": "+43222222222"})
    call(shop, "PUT", "/me", {"given_name": "Ada"})
    given = shop.told("customers", "customer.contact-given")
    assert sorted(event["phone_number"] for event in given) == ["+43111111111", "+43222222222"]


def test_an_erased_customer_leaves_an_event_and_the_address_for_the_contact_list(shop: Shop) -> None:
    call(shop, "PUT", "/me", {"given_name": "Ada", "phone_number": "+43123456789"})
    call(shop, "PUT", "/me/addresses/home", ADDRESS)
    call(shop, "PUT", "/me/consents", ALL)
    assert call(shop, "DELETE", "/me").status_code == 204
    assert call(shop, "DELETE", "/me").status_code == 204
    assert call(shop, "GET", "/me").status_code == 404
    assert call(shop, "PUT", "/me/consents", ALL).status_code == 404
    left = [item for item in shop.items("customers") if not item["item"].startswith("EVENT#")]
    assert [(item["item"], item["contact_email"]) for item in left] == [("ERASED", "ada@marker.example")]
    (erased,) = shop.told("customers", "customer.erased")
    assert erased["customer_id"] == ME
    events = json.dumps(shop.told("customers"))
    assert not any(mark in events.casefold() for mark in ("marker", "+43123456789"))
    assert shop.query("customers", "by_email", email="ada@marker.example") == []


def test_an_order_leaves_its_time_whatever_the_order_of_events(shop: Shop) -> None:
    for at in ("2026-01-31T09:00:00Z", "2026-01-31T08:00:00Z"):
        detail = {"order_id": "o-1", "customer_id": ME, "status": "paid", "changed_at": at}
        shop.hear("customers", "order.status-changed", detail)
    assert call(shop, "GET", "/me").json()["last_order_at"] == "2026-01-31T09:00:00.000000Z"
    gone = {"order_id": "o-1", "customer_id": "gone", "status": "paid", "changed_at": "2026-01-31T09:00:00Z"}
    shop.hear("customers", "order.status-changed", gone)
    shop.hear("customers", "order.status-changed", {key: gone[key] for key in ("order_id", "status", "changed_at")})
    assert shop.item("customers", customer_id="gone", item="PROFILE") is None


def test_changes_at_the_same_time_do_not_miss_each_other(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    read, raced = Record.read, []

    def read_late(customer_id: str) -> Record | None:
        record = read(customer_id)
        if not raced:
            raced.append(True)
            call(shop, "PUT", "/me/consents", ALL)
        return record

    monkeypatch.setattr(Record, "read", read_late)
    assert call(shop, "DELETE", "/me").status_code == 204
    assert [item["item"] for item in shop.items("customers") if not item["item"].startswith("EVENT#")] == ["ERASED"]
    assert shop.told("customers", "customer.contact-given") == []


def test_the_log_says_nothing_of_customers(shop: Shop, logged: Callable[[], list[dict[str, Any]]]) -> None:
    call(shop, "PUT", "/me", {"given_name": "Marker", "phone_number": "+43123456789"})
    call(shop, "PUT", "/me/addresses/home", ADDRESS)
    call(shop, "PUT", "/me", {"family_name": "x" * 200, "Marker": "Marker"})
    call(shop, "DELETE", "/me")
    assert len(logged()) >= 4
    assert not any(mark in json.dumps(logged()).casefold() for mark in ("marker", "+431", ME))
