"""What the chat bot answers, and to whom."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from functions.chat import handler as chat
from functions.common import names
from tests.functions.cloud import Cloud
from tests.functions.test_liveness import CONTEXT

ME, OTHER = "5b0c1c9e-77d1-4a0e-9c57-2f1b7a0d9f11", "6c1d2daf-88e2-4b1f-8d68-3a2c8b1eaf22"
MINE = "1a2b3c4d-0f8e-4d0e-9f0a-0c5a2f6f6d11"
THEIRS = "9f8e7d6c-0f8e-4d0e-9f0a-0c5a2f6f6d12"
LOCALES = ("en_GB", "de_DE")


@pytest.fixture(autouse=True)
def _bot(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat.metrics.provider, "service", "chat")
    monkeypatch.setattr(chat.metrics.provider, "namespace", "web-store/test")
    monkeypatch.setenv(names.table_variable("orders"), cloud.table_name("orders"))
    monkeypatch.setenv(names.CHAT_HOURS, json.dumps({"timezone": "Europe/Berlin", "days": {"monday": "09:00-17:00"}}))
    for order_id, customer, status in ((MINE, ME, "shipped"), (THEIRS, OTHER, "delivered")):
        order(cloud, order_id, customer, status)


def order(cloud: Cloud, order_id: str, customer_id: str, status: str, **more: str) -> None:
    key = {
        "order_id": order_id,
        "item": "ORDER",
        "customer_id": customer_id,
        "placed_at": f"2026-01-01T00:00:00{status}",
    }
    cloud.put("orders", **key, status=status, **more)


def ask(
    intent: str, number: str | None = None, *, customer: str | None = ME, locale: str = "en_GB", **more: Any
) -> dict[str, Any]:
    """As Lex invokes the function."""
    slots = {"OrderNumber": number and {"value": {"interpretedValue": number, "originalValue": number}}}
    event = {
        "messageVersion": "1.0",
        "invocationSource": "FulfillmentCodeHook",
        "sessionId": "session",
        "inputTranscript": "",
        "bot": {"id": "BOT1234567", "aliasId": "ALIAS12345", "localeId": locale, "version": "1"},
        "sessionState": {"intent": {"name": intent, "slots": slots, "state": "ReadyForFulfillment"}},
        **({"requestAttributes": {"customer_id": customer}} if customer else {}),
        **more,
    }
    answer = chat.handler(event, CONTEXT)
    assert answer["sessionState"]["dialogAction"] == {"type": "Close"}
    return answer


def said(*given: Any, **more: Any) -> str:
    return ask(*given, **more)["messages"][0]["content"]


def test_a_customer_hears_the_status_of_the_own_order() -> None:
    assert said("OrderStatus", "1A2B3C4D") == "Your order: it is on its way to you."
    assert said("OrderStatus", "1a2b3c4d", locale="de_DE") == "Ihre Bestellung: sie ist zu Ihnen unterwegs."


def test_an_order_of_somebody_else_is_as_unknown_as_none() -> None:
    unknown = said("OrderStatus", "00000000")
    assert "no order" in unknown
    assert said("OrderStatus", "9f8e7d6c") == unknown
    assert said("OrderStatus", "9f8e7d6c", customer=OTHER) == "Your order: it has been delivered."


def test_nothing_but_the_servers_attribute_says_who_asks() -> None:
    """Attributes of the session, slots and words may come from anybody who talks to the bot."""
    unknown = said("OrderStatus", "00000000")
    session = {
        "sessionAttributes": {"customer_id": OTHER},
        "intent": {"name": "OrderStatus", "slots": {"OrderNumber": {"value": {"interpretedValue": "9f8e7d6c"}}}},
    }
    assert said("OrderStatus", customer=None, sessionState=session, inputTranscript=OTHER) == unknown
    assert said("OrderStatus", customer=ME, sessionState=session) == unknown


def test_an_empty_number_is_no_prefix_of_all_orders() -> None:
    assert "no order" in said("OrderStatus", "")
    assert "no order" in said("OrderStatus", None)


def test_all_pages_of_a_customers_orders_are_looked_through(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "_PAGE", 1)
    order(cloud, "00aa00aa-0f8e-4d0e-9f0a-0c5a2f6f6d13", ME, "paid")
    assert said("OrderStatus", "1a2b3c4d") == "Your order: it is on its way to you."
    assert said("OrderStatus", "00aa00aa") == "Your order: it is paid."


def test_an_order_under_review_is_not_told_to_be_unpaid(cloud: Cloud) -> None:
    order(cloud, "00aa00aa-0f8e-4d0e-9f0a-0c5a2f6f6d13", ME, "pending", held_until="2026-01-02T00:00:00Z")
    assert said("OrderStatus", "00aa00aa") == "Your order: we are checking its payment."


@pytest.mark.parametrize("locale", LOCALES)
def test_every_status_of_an_order_has_words(cloud: Cloud, locale: str) -> None:
    every = ("pending", "placed", "paid", "accepted", "picked", "shipped", "delivered", "cancelled", "returned")
    for number, status in enumerate(every):
        order(cloud, f"0000000{number}-0f8e-4d0e-9f0a-0c5a2f6f6d13", ME, status)
    found = {said("OrderStatus", f"0000000{number}", locale=locale) for number in range(len(every))}
    assert len(found) == len(every)


def test_opening_hours_name_every_day() -> None:
    lines = said("OpeningHours").splitlines()
    assert lines[:3] == ["People answer at these times (Europe/Berlin):", "Monday: 09:00-17:00", "Tuesday: closed"]
    assert len(lines) == 8
    assert "Montag: 09:00-17:00" in said("OpeningHours", locale="de_DE")


def test_customer_service_is_told_who_asks_and_nothing_else(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    topic = boto3.client("sns").create_topic(Name="support")["TopicArn"]
    queue = cloud.sqs.create_queue(QueueName="support")["QueueUrl"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:support")
    monkeypatch.setenv(names.CHAT_SUPPORT_TOPIC, topic)
    answer = ask("HandOver", inputTranscript="My name is Ada, I live in Marker Street")
    assert answer["sessionState"]["intent"]["state"] == "Fulfilled"
    assert "customer service" in answer["messages"][0]["content"]
    [message] = cloud.messages(queue)
    told = json.loads(message["Body"])
    assert ME in told["Message"]
    assert "Ada" not in message["Body"]
    assert '"ChatHandedOver":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_without_somebody_to_take_over_the_bot_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(names.CHAT_SUPPORT_TOPIC, raising=False)
    assert said("HandOver") == "I cannot ask a person for you. The opening hours say when somebody answers."


def test_what_fails_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    monkeypatch.setenv(names.CHAT_SUPPORT_TOPIC, "arn:aws:sns:eu-west-1:123456789012:missing")
    answer = ask("HandOver")
    assert answer["sessionState"]["intent"]["state"] == "Failed"
    assert answer["messages"][0]["content"].startswith("I cannot reach our customer service")
    monkeypatch.setenv(names.table_variable("orders"), "missing")
    assert said("OrderStatus", "1a2b3c4d").startswith("I cannot look that up")
    assert [line["intent"] for line in logged() if line["level"] == "ERROR"] == ["HandOver", "OrderStatus"]


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_no_intent_is_counted_and_helped(locale: str, capsys: pytest.CaptureFixture[str]) -> None:
    replies = json.loads((chat._HERE / f"{locale}.json").read_text("utf-8"))["replies"]
    assert said("FallbackIntent", locale=locale) == replies["not_understood"]
    assert '"ChatNotUnderstood":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_the_languages_have_the_same_texts() -> None:
    english, german = (json.loads((chat._HERE / f"{locale}.json").read_text("utf-8")) for locale in LOCALES)
    assert shape(english) == shape(german)


def shape(texts: Any) -> Any:
    """Names of all texts; those of utterances only how many there are."""
    if isinstance(texts, dict):
        return {name: shape(text) for name, text in texts.items()}
    return len(texts) if isinstance(texts, list) else None
