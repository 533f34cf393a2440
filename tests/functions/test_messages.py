"""Customers get each message once: about orders whatever they agreed to, offers only if they did."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from functions.common import names
from functions.messages import letters
from functions.messages.letters import LANGUAGES, UNSUBSCRIBE, money, write
from tests.functions.cloud import CONTACTS, Cloud
from tests.functions.mails import mailbox, refused, sending_fails
from tests.functions.test_consent import messages

EVENT = "0b0f6f0e-5a1e-4a52-8a55-0d6f3a9f5b11"
EMAIL = "ada@example.com"
GIVEN_AT = "2026-01-31T08:00:00.000000Z"
PLACED = {"order_id": "o-1", "customer_id": "c-1", "currency": "EUR", "total_minor": 1999}
HELD = {"order_id": "o-1", "amount_minor": 1999, "currency": "EUR", "held_until": "2026-02-01T08:00:00Z"}
CONTACT = {"customer_id": "c-1", "email": EMAIL, "marketing_email": True, "marketing_sms": False}


@pytest.fixture
def sent(cloud: Cloud) -> Iterator[list[dict[str, Any]]]:
    with mailbox(cloud) as taken:
        yield taken


def customer(cloud: Cloud, **profile: Any) -> None:
    given = {"locale": "en", "given_name": "Ada", **profile}
    cloud.put("customers", customer_id="c-1", item="PROFILE", email=EMAIL, **given)
    cloud.put("orders", order_id="o-1", item="ORDER", customer_id="c-1")


def agrees(cloud: Cloud, *, given: bool = True, copied: bool = True) -> None:
    customer(cloud, **({"engagement": {"choice_at": GIVEN_AT}} if copied else {}))
    cloud.put("customers", customer_id="c-1", item="CONSENT#marketing_email", given=given, given_at=GIVEN_AT)


def hear(cloud: Cloud, name: str, event_id: str = EVENT, **detail: Any) -> list[str]:
    """Ids of the messages that failed."""
    told = {"detail-type": name, "detail": {"event_id": event_id, **detail}}
    return [one["itemIdentifier"] for one in cloud.run("messages", messages(told))["batchItemFailures"]]


def subject(request: dict[str, Any]) -> str:
    return request["Content"]["Simple"]["Subject"]["Data"]


def body(request: dict[str, Any], kind: str = "Text") -> str:
    return request["Content"]["Simple"]["Body"][kind]["Data"]


@pytest.mark.parametrize(
    ("name", "detail", "expected"),
    [
        ("order.placed", PLACED, ("We have your order o-1", "19.99 EUR")),
        (
            "order.status-changed",
            {"order_id": "o-1", "customer_id": "c-1", "status": "shipped", "tracking_number": "T-7"},
            ("Your order o-1 is on its way", "The number of the parcel is T-7."),
        ),
        (
            "order.status-changed",
            {"order_id": "o-1", "status": "cancelled"},
            ("Your order o-1 is cancelled", "you get the money back"),
        ),
        ("payment.held", HELD, ("We check the payment of your order o-1", "2026-02-01 08:00 UTC")),
    ],
)
def test_a_customer_hears_of_an_order_without_any_consent(
    cloud: Cloud, sent: list[dict[str, Any]], name: str, detail: dict[str, Any], expected: tuple[str, str]
) -> None:
    customer(cloud)
    assert hear(cloud, name, **detail) == []
    (request,) = sent
    assert subject(request) == expected[0]
    for kind in ("Text", "Html"):
        assert expected[1] in body(request, kind)
        assert "https://store.example.com/orders/o-1" in body(request, kind)
    assert request["Destination"] == {"ToAddresses": [EMAIL]}
    assert request["FromEmailAddress"] == "Web Store <no-reply@store.example.com>"
    assert request["ConfigurationSetName"] == "engagement"
    assert {"Name": "customer_id", "Value": "c-1"} in request["EmailTags"]
    assert "ListManagementOptions" not in request


def test_an_event_that_comes_again_sends_nothing(cloud: Cloud, sent: list[dict[str, Any]]) -> None:
    customer(cloud)
    assert [hear(cloud, "order.placed", **PLACED) for _ in range(2)] == [[], []]
    assert len(sent) == 1
    hear(cloud, "order.placed", "another-event", **PLACED)
    assert len(sent) == 2


@pytest.mark.parametrize("error", [refused(400), ConnectTimeoutError(endpoint_url="https://ses")])
def test_what_ses_did_not_take_is_sent_later(
    cloud: Cloud, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    customer(cloud)
    with monkeypatch.context() as patch:
        sending_fails(patch, error)
        assert hear(cloud, "order.placed", **PLACED) == ["m-0"]
    assert hear(cloud, "order.placed", **PLACED) == []
    assert len(sent) == 1


@pytest.mark.parametrize("error", [refused(500), ReadTimeoutError(endpoint_url="https://ses")])
def test_what_ses_may_have_taken_is_never_sent_again(
    cloud: Cloud, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, error: Exception, logged: Any
) -> None:
    customer(cloud)
    with monkeypatch.context() as patch:
        sending_fails(patch, error)
        assert hear(cloud, "order.placed", **PLACED) == ["m-0"]
    assert hear(cloud, "order.placed", **PLACED) == ["m-0"]
    assert logged()[-1]["cause"] == "UnknownFateError"
    assert sent == []


@pytest.mark.parametrize("status", ["paid", "accepted", "picked", "delivered", "returned"])
def test_other_steps_of_an_order_are_no_message(cloud: Cloud, sent: list[dict[str, Any]], status: str) -> None:
    customer(cloud)
    assert hear(cloud, "order.status-changed", order_id="o-1", customer_id="c-1", status=status) == []
    assert sent == []


def test_nobody_writes_to_an_erased_customer(cloud: Cloud, sent: list[dict[str, Any]]) -> None:
    assert cloud.table_name("customers")
    assert hear(cloud, "order.placed", **PLACED) == []
    assert hear(cloud, "payment.held", **HELD) == []
    assert sent == []


def test_nobody_writes_to_an_address_that_is_dead(cloud: Cloud, sent: list[dict[str, Any]]) -> None:
    customer(cloud, email_bounced_at=GIVEN_AT)
    assert hear(cloud, "order.placed", **PLACED) == []
    assert sent == []


def test_who_agrees_to_offers_is_welcomed_once_with_a_way_out(cloud: Cloud, sent: list[dict[str, Any]]) -> None:
    agrees(cloud)
    assert hear(cloud, "customer.contact-given", **CONTACT) == []
    assert hear(cloud, "customer.contact-given", "the-address-changed", **CONTACT) == []
    (request,) = sent
    assert request["ListManagementOptions"] == {"ContactListName": CONTACTS, "TopicName": names.MARKETING_TOPIC}
    assert UNSUBSCRIBE in body(request)
    assert UNSUBSCRIBE in body(request, "Html")


def test_no_offer_leaves_before_the_contact_list_knows_the_consent(cloud: Cloud, sent: list[dict[str, Any]]) -> None:
    agrees(cloud, copied=False)
    assert hear(cloud, "customer.contact-given", **CONTACT) == ["m-0"]
    agrees(cloud)
    assert hear(cloud, "customer.contact-given", **CONTACT) == []
    assert len(sent) == 1


def test_who_has_withdrawn_meanwhile_gets_no_offer(cloud: Cloud, sent: list[dict[str, Any]]) -> None:
    agrees(cloud, given=False)
    assert hear(cloud, "customer.contact-given", **CONTACT) == []
    assert hear(cloud, "customer.contact-given", **{**CONTACT, "marketing_email": False}) == []
    assert sent == []


def test_nothing_is_sent_while_engagement_is_off(
    cloud: Cloud, sent: list[dict[str, Any]], logged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer(cloud)
    monkeypatch.setattr(Cloud, "MAIL", {})
    assert hear(cloud, "order.placed", **PLACED) == []
    assert sent == []
    assert logged()[-1]["message"] == "engagement is off"


@pytest.mark.parametrize(
    ("locale", "greeting"), [("de-AT", "Guten Tag Ada,"), ("en", "Hello Ada,"), ("fr", "Hello Ada,")]
)
def test_letters_are_in_the_customers_language(
    cloud: Cloud, sent: list[dict[str, Any]], locale: str, greeting: str
) -> None:
    customer(cloud, locale=locale)
    hear(cloud, "order.placed", **PLACED)
    assert body(sent[0]).startswith(greeting)


def test_a_name_is_text_and_no_markup(cloud: Cloud, sent: list[dict[str, Any]]) -> None:
    customer(cloud, given_name="<b>$total</b>")
    hear(cloud, "order.placed", **PLACED)
    assert "Hello <b>$total</b>," in body(sent[0])
    assert "<p>Hello &lt;b&gt;$total&lt;/b&gt;,</p>" in body(sent[0], "Html")


def test_a_parcel_without_a_number_is_not_spoken_of() -> None:
    letter = write(
        "order-shipped", locale="en", name="", store="Web Store", link="https://x", values={"order_id": "o-1"}
    )
    assert "parcel" not in letter.text
    assert letter.text.startswith("Hello,\n\nyour order o-1 has left")


def test_all_languages_have_the_same_letters() -> None:
    folder = Path(letters.__file__).parent

    def shape(words: Any) -> Any:
        return {key: shape(value) for key, value in words.items()} if isinstance(words, dict) else type(words)

    first, *others = [json.loads((folder / f"texts_{one}.json").read_text(encoding="utf-8")) for one in LANGUAGES]
    assert all(shape(other) == shape(first) for other in others)


@pytest.mark.parametrize(
    ("minor", "currency", "text"), [(1999, "EUR", "19.99 EUR"), (500, "JPY", "500 JPY"), (1, "KWD", "0.001 KWD")]
)
def test_amounts_have_the_digits_of_their_currency(minor: int, currency: str, text: str) -> None:
    assert money(minor, currency) == text
