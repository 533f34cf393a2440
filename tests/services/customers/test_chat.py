"""The customer's way to the chat bot."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber

from functions.common import aws, names
from services.customers import chat
from tests.services.customers.test_customers import ME, call, sign_up
from tests.services.shop import Shop
from tests.services.tokens import bearer

BOT, ALIAS = "BOT1234567", "ALIAS12345"
ORDER = "1a2b3c4d-0f8e-4d0e-9f0a-0c5a2f6f6d11"


@pytest.fixture(autouse=True)
def _with_bot(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_up(shop)
    monkeypatch.setenv(names.CHAT_BOT, f"{BOT}/{ALIAS}")
    monkeypatch.setenv(names.CHAT_LOCALES, "en_GB,de_DE")
    monkeypatch.setenv(names.CHAT_LIMIT, "3")


@pytest.fixture
def lex() -> Iterator[Stubber]:
    with Stubber(aws.lex()) as stubber:
        yield stubber


def reply(text: str, action: str = "Close") -> dict[str, Any]:
    return {
        "messages": [{"content": text, "contentType": "PlainText"}],
        "sessionState": {"dialogAction": {"type": action, "slotToElicit": "OrderNumber"}},
    }


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "botId": BOT,
        "botAliasId": ALIAS,
        "localeId": "en_GB",
        "sessionId": ANY,
        "text": "Hello",
        "requestAttributes": {"customer_id": ME},
        **changes,
    }


def test_the_bot_learns_from_the_token_alone_who_asks(shop: Shop, lex: Stubber) -> None:
    lex.add_response("recognize_text", reply("Which order?", "ElicitSlot"), asked())
    answer = call(shop, "POST", "/me/chat", {"text": "Hello"})
    assert answer.json() == {"replies": ["Which order?"], "asks": True}
    for more in ({"customer_id": "other"}, {"requestAttributes": {"customer_id": "other"}}, {"sessionId": "x"}):
        assert call(shop, "POST", "/me/chat", {"text": "Hello", **more}).status_code == 400
    lex.assert_no_pending_responses()


def test_a_conversation_is_one_customers_and_does_not_name_the_customer(shop: Shop, lex: Stubber) -> None:
    seen: list[str] = []

    class Kept:
        def __eq__(self, other: object) -> bool:
            seen.append(str(other))
            return True

        def __hash__(self) -> int:
            return 0

    for customer in (ME, ME, "other"):
        given = asked(sessionId=Kept(), requestAttributes={"customer_id": customer})
        lex.add_response("recognize_text", reply("Yes"), given)
        token = bearer("customers.write", customer_id=customer)
        answer = shop["customers"].post("/api/customers/me/chat", json={"text": "Hello"}, headers=token)
        assert answer.json() == {"replies": ["Yes"], "asks": False}
    assert seen[0] == seen[1] != seen[2]
    assert ME not in seen[0]


@pytest.mark.parametrize(("locale", "spoken"), [("de_DE", "de_DE"), ("fr_FR", "en_GB")])
def test_a_language_that_the_bot_has_not_is_answered_in_the_first(
    shop: Shop, lex: Stubber, locale: str, spoken: str
) -> None:
    lex.add_response("recognize_text", reply("Hallo"), asked(localeId=spoken))
    assert call(shop, "POST", "/me/chat", {"text": "Hello", "locale": locale}).status_code == 200
    lex.assert_no_pending_responses()


def test_of_an_orders_number_the_bot_gets_what_it_asks_for(shop: Shop, lex: Stubber) -> None:
    lex.add_response("recognize_text", reply("Your order"), asked(text="Where is order 1a2b3c4d?"))
    assert call(shop, "POST", "/me/chat", {"text": f"Where is order {ORDER}?"}).status_code == 200
    lex.assert_no_pending_responses()


def test_a_customer_has_so_many_messages_a_minute_and_others_have_theirs(
    shop: Shop, lex: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_000_000_000.0]
    monkeypatch.setattr(chat.time, "time", lambda: clock[0])
    for _ in range(5):
        lex.add_response("recognize_text", reply("Yes"))

    def status(customer: str) -> int:
        with monkeypatch.context() as within:
            within.setattr(chat, "_session", lambda _: "session")
            try:
                chat.bot().tell(chat.Customer(customer, ""), "Hello", None)
            except chat.ProblemError as error:
                return error.status
        return 200

    assert [status(ME) for _ in range(4)] == [200, 200, 200, 429]
    assert status("other") == 200
    clock[0] += 60
    assert status(ME) == 200
    item = shop.item("customers", customer_id=ME, item=chat.COUNTER)
    assert item is not None
    assert item["expires_at"] == clock[0] + 3600


def test_a_bot_that_is_down_is_told_as_such(shop: Shop, lex: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    lex.add_client_error("recognize_text", "DependencyFailedException")
    answer = call(shop, "POST", "/me/chat", {"text": "Hello"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    lex.add_response("recognize_text", {"messages": []})
    assert call(shop, "POST", "/me/chat", {"text": "Hello"}).status_code == 503

    class Gone:
        def recognize_text(self, **_: Any) -> Any:
            raise EndpointConnectionError(endpoint_url="https://runtime-v2-lex.eu-west-1.amazonaws.com")

    monkeypatch.setattr(chat, "lex", Gone)
    assert call(shop, "POST", "/me/chat", {"text": "Hello"}).status_code == 503


def test_an_environment_without_bot_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(shop, "GET", "/me/chat").json() == {"locales": ["en_GB", "de_DE"]}
    monkeypatch.delenv(names.CHAT_BOT)
    for method, body in (("GET", None), ("POST", {"text": "Hello"})):
        answer = call(shop, method, "/me/chat", body)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:store:problem:unknown-chat")


def test_who_has_not_signed_in_does_not_reach_the_bot(shop: Shop) -> None:
    assert shop["customers"].post("/api/customers/me/chat", json={"text": "Hello"}).status_code == 401
    read_only = bearer("customers.read", customer_id=ME)
    answer = shop["customers"].post("/api/customers/me/chat", json={"text": "Hello"}, headers=read_only)
    assert answer.status_code == 403


def test_an_erased_customer_leaves_no_count(shop: Shop, lex: Stubber) -> None:
    lex.add_response("recognize_text", reply("Yes"), asked())
    assert call(shop, "POST", "/me/chat", {"text": "Hello"}).status_code == 200
    assert shop.item("customers", customer_id=ME, item=chat.COUNTER)
    assert call(shop, "DELETE", "/me").status_code == 204
    assert shop.item("customers", customer_id=ME, item=chat.COUNTER) is None
