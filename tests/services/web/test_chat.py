"""The chat: what a customer asks and hears, and what the page says when nobody answers."""

from typing import Any

import pytest

from services.web.visit import DOWN
from tests.services.web.browser import Browser, World
from tests.services.web.fake_api import Problem


@pytest.fixture
def chatting(browser: Browser) -> Browser:
    browser.sign_in("/chat")
    assert browser.path == "/chat"
    return browser


def test_a_customer_asks_and_hears_the_reply(chatting: Browser, world: World) -> None:
    page = chatting.send("/chat", text="Where is my order?", locale="de_DE")
    assert world.api.bodies[-1] == {"text": "Where is my order?", "locale": "de_DE"}
    assert "You said: Where is my order?" in page.text
    assert {"role": "status"} in page.all("p")
    again = page.form("/chat")
    assert (again.fields["text"], again.fields["locale"]) == ("", "de_DE")


def test_a_stranger_signs_in_first(browser: Browser) -> None:
    browser.get("/chat")
    assert browser.path.startswith(("/welcome", "/chat"))
    browser.post("/sign-out", csrf=browser.page.form("/sign-out").fields["csrf"])
    refused = browser.client.post("/chat", data={"text": "Hello"})
    assert refused.status_code == 403


def test_words_of_a_reply_are_no_markup(chatting: Browser) -> None:
    chatting.send("/chat", text="<script>alert(1)</script>")
    assert "<script>alert" not in chatting.response.text
    assert "&lt;script&gt;" in chatting.response.text


@pytest.mark.parametrize(("text", "said"), [("", "Your message"), ("x" * 501, "500")])
def test_what_the_bot_would_not_take_is_told_at_the_field(
    chatting: Browser, world: World, text: str, said: str
) -> None:
    before = len(world.api.calls)
    form = chatting.page.form("/chat")
    chatting.post("/chat", **{**form.fields, "text": text, "locale": "en_GB"})
    assert chatting.response.status_code == 400
    assert said in chatting.page.text
    assert ("POST", "/api/customers/me/chat") not in world.api.calls[before:]


def test_a_bot_that_is_down_is_said_to_be_and_the_words_stay(chatting: Browser, world: World) -> None:
    world.lost["POST /api/customers/me/chat"] = "503"
    page = chatting.send("/chat", text="Where is my order?")
    assert chatting.response.status_code == DOWN
    assert "It may have got your message all the same" in page.text
    assert page.form("/chat").fields["text"] == "Where is my order?"
    world.lost["GET /api/customers/me/chat"] = "503"
    assert "The assistant does not answer at the moment" in chatting.get("/chat").text


def test_a_language_that_a_changed_form_names_is_none(chatting: Browser, world: World) -> None:
    form = chatting.page.form("/chat")
    world.api.chat = Problem(429, "too-many-messages")
    chatting.post("/chat", **{**form.fields, "text": "Hello", "locales": "en_GB,xx_XX,../.."})
    assert chatting.response.status_code == 429
    assert "locale-en_GB" not in chatting.response.text, "one language is no choice"


def test_a_store_without_bot_has_no_box(chatting: Browser, world: World) -> None:
    world.api.chat = Problem(404, "unknown-chat")
    sent = chatting.send("/chat", text="Hello")
    for page in (sent, chatting.get("/chat")):
        assert chatting.response.status_code == 200
        assert "This store has no assistant" in page.text
        assert [form for form in page.forms if form.action == "/chat"] == []


def test_who_asks_too_often_waits(chatting: Browser, world: World) -> None:
    world.api.chat = Problem(429, "too-many-messages")
    page = chatting.send("/chat", text="Hello")
    assert chatting.response.status_code == 429
    assert "Please wait a minute" in page.text
    assert page.form("/chat").fields["text"] == "Hello"


def test_every_page_leads_to_the_chat(browser: Browser) -> None:
    links: list[dict[str, Any]] = browser.get("/home").all("a")
    assert "/chat" in [link.get("href") for link in links]
