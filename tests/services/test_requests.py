"""Whatever anybody sends to any route of any service, the answer is no 5xx, and an error is a problem document."""

import json
import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import boto3
import httpx
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.catalogue import models
from functions.catalogue_feed import handler as feed
from functions.common import names
from functions.sign_up import handler as sign_up
from services.common import cursors
from tests.services.buying import PROVIDER_KEY, SENT, Buying
from tests.services.conftest import open_shop
from tests.services.contract import Answered, answered, declared
from tests.services.documents import near, right
from tests.services.tokens import SIGNED, bearer

ROUTES = sorted(
    (
        (service, route)
        for service in declared()
        for route in answered(service)
        if route.path.startswith(("/api/", "/internal/"))
    ),
    # Erased, the customer would be unknown to the other routes.
    key=lambda found: (found[1].method, found[1].path) == ("DELETE", "/api/customers/me"),
)
PROVIDER_TOKEN = {"Authorization": f"Bearer {PROVIDER_KEY}"}
EXAMPLES = int(os.environ.get("STORE_TEST_REQUESTS", "25"))
"""Requests to each route; 70 are two thousand in all."""
UNREACHED = {
    "/api/payments/notices": "only the provider can sign a notice",
    "/api/payment-provider/challenge/{challenge}": "only the provider can make a challenge",
}
CURSORS = (cursors.encode("*", "p-1", 1999), cursors.encode("customer-1", "o-1", 5), "e30", "", "~", "x" * 2000)
WORDS = ("shirt", "*", "\0", "é\u202e", "%", "a b", "' OR 1=1", "x" * 500, "")
UNTIL = "2027-01-31T08:00:00Z"
INTERNAL: dict[str, dict[str, Any]] = {
    "Reservation": {
        "type": "object",
        "required": ["order_id", "lines"],
        "properties": {
            "order_id": {"type": "string", "enum": ["o-1", "o-2", "o-3", "\u00e9"]},
            "lines": {
                "type": "array",
                "minItems": 1,
                "maxItems": 3,
                "items": {
                    "type": "object",
                    "required": ["sku", "quantity"],
                    "properties": {
                        "sku": {"type": "string", "enum": ["s-1", "s-2", "none", "."]},
                        "quantity": {"type": "integer", "minimum": 1, "maximum": 9999},
                    },
                },
            },
        },
    },
    "DueRequest": {
        "type": "object",
        "required": ["customer_id", "amount_minor", "currency", "payable_until"],
        "properties": {
            "customer_id": {"type": "string", "enum": ["customer-1", "other"]},
            "amount_minor": {"type": "integer", "minimum": 0, "maximum": 100},
            "currency": {"type": "string", "enum": ["EUR", "USD"]},
            "payable_until": {"type": "string", "enum": [UNTIL]},
        },
    },
}
"""Bodies of routes between services, which have no model of the API."""


@pytest.fixture(scope="module")
def buying() -> Iterator[Buying]:
    """A store in which a customer has an address, a cart and a pending order. Requests change it as they come."""
    with pytest.MonkeyPatch.context() as environment, open_shop(environment) as shop:
        environment.setattr("services.inventory.reservations.time.sleep", lambda _seconds: None)
        environment.setattr("services.payment_provider.app.by_http", lambda _url: lambda _notice: None)
        environment.setattr("services.payment_provider.app.LATE_SECONDS", 0)
        _with_bot(environment)
        made = Buying(shop, environment)
        for number, price in (("1", 1999), ("2", 500)):
            shop["catalogue"]
            article = {"product_id": f"p-{number}", "sku": f"s-{number}", "name": "A shirt", "category": "shirts"}
            change = {**article, "price_minor": price, "currency": "EUR", "change": "created"}
            assert feed._write(feed.ArticleChange.model_validate({**change, "changed_at": sign_up.now()}))
            made.article(f"s-{number}", price, stock=1000)
        shop["customers"]
        attributes = {"sub": made.customer_id, "email": "ada@example.com"}
        assert sign_up._keep(sign_up._Request.model_validate({"userAttributes": attributes}))
        made.pay(made.ordered("s-1"), "tok_3ds")
        made.fill("s-2")
        charge = {"reference": "charge-1", "order_id": "o-1", "token": "tok_approve", "method": "card"}
        charge |= {"amount_minor": 1999, "currency": "EUR"}
        asked = made.shop["payment-provider"].post("/api/payment-provider/charges", json=charge, headers=PROVIDER_TOKEN)
        assert asked.json()["status"] == "authorised", asked.text
        yield made


def _with_bot(environment: pytest.MonkeyPatch) -> None:
    """A bot that takes what Lex takes, and has one answer."""
    for name, value in (
        (names.CHAT_BOT, "BOT1234567/ALIAS12345"),
        (names.CHAT_LOCALES, "en_GB"),
        (names.CHAT_LIMIT, "9"),
    ):
        environment.setenv(name, value)
    body = json.dumps({"messages": [{"content": "Yes", "contentType": "PlainText"}]}).encode()

    def sent(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        return AWSResponse(
            request.url,
            200,
            {"content-type": "application/json"},
            SimpleNamespace(stream=lambda *_, **__: iter([body])),
        )

    client = boto3.client("lexv2-runtime", region_name="eu-west-1")
    client.meta.events.register("before-send.lex-runtime-v2.RecognizeText", sent)
    environment.setattr("services.customers.chat.lex", lambda: client)


def known(buying: Buying) -> dict[str, list[str]]:
    """Values of paths and bodies that name something there is."""
    carts, orders, payments = (
        [item[key] for item in buying.shop.items(table, kind) if key in item][:3]
        for table, kind, key in (
            ("carts", "CART", "cart_id"),
            ("orders", "ORDER", "order_id"),
            ("payments", "PAYMENT", "payment_id"),
        )
    )
    return {
        "sku": ["s-1", "s-2"],
        "product_id": ["p-1", "p-2"],
        "category_id": ["shirts"],
        "address_id": ["home"],
        "cart_id": carts or ["emptied"],
        "order_id": orders,
        "payment_id": payments,
        "reference": ["charge-1"],
        "challenge": ["charge-1.x"],
        "token": ["tok_approve", "tok_3ds_1"],
        "delivery": ["standard", "express"],
        "currency": ["EUR"],
        "amount_minor": [1999],
    }


def paths(route: Answered, there: dict[str, list[str]]) -> st.SearchStrategy[str]:
    def part(name: str) -> st.SearchStrategy[str]:
        values = [*there[name.strip("{}")] * 12, *WORDS[:-1], "..", "a/b", "unknown"]
        return st.sampled_from(values).map(lambda value: quote(value, safe=""))

    found = [part(name) if name.startswith("{") else st.just(name) for name in route.path.split("/")]
    return st.tuples(*found).map("/".join)


def queries(route: Answered) -> st.SearchStrategy[dict[str, str]]:
    names = [name for name, _need in route.query] + ["unknown"]
    return st.dictionaries(st.sampled_from(names), st.sampled_from([*CURSORS, *WORDS, "s-1"]), max_size=2)


def bodies(route: Answered, there: dict[str, list[str]]) -> st.SearchStrategy[bytes | None]:
    nonsense = st.sampled_from(
        [None, b"", b"{", b"null", b"[]", b"\xff", b'{"a":' * 500, b"1" * 5000, b'"\\ud800"', b"NaN"]
    )
    if route.model is None:
        return nonsense
    name = route.model.__name__
    schema = models()[name].schema if name in models() else INTERNAL[name]
    documents = st.one_of(right(schema, there), right(schema, there), right(schema, there), near(schema, there))
    written = documents.map(lambda document: json.dumps(document).encode())
    if name == "OrderRequest":  # rules between its parts make most documents none that the service takes
        written |= st.sampled_from([json.dumps({"cart_id": cart, **SENT}).encode() for cart in there["cart_id"]])
    return st.one_of(*[written] * 5, nonsense)


def headers(route: Answered) -> st.SearchStrategy[dict[str, str]]:
    scopes = [route.auth] if "." in route.auth else []
    # A checkout reads the customer's cart, too.
    right_token = bearer("carts.read", "orders.read", *scopes)
    tokens = st.sampled_from(
        [PROVIDER_TOKEN if route.path.startswith("/api/payment-provider/") else right_token] * 12
        + [bearer(*scopes, customer_id="other"), {}, bearer("x"), {"Authorization": "Bearer é.e.e"}]
    )
    callers = st.sampled_from([SIGNED] * 12 + [{}]) if route.auth == "iam" else st.just({})
    types = st.sampled_from([{"Content-Type": "application/json"}] * 12 + [{}, {"Content-Type": "text/xml; é"}])
    extra = st.dictionaries(
        st.sampled_from(["Idempotency-Key", "If-Match", "Provider-Signature", "X-Forwarded-For"]),
        st.sampled_from(["key-1", '"abc"', "*", "x" * 3000, "e..e", ""]),
        max_size=1,
    )
    return st.tuples(tokens, types, st.just({}) | extra, callers).map(
        lambda parts: {"Idempotency-Key": "key-2", **parts[0], **parts[1], **parts[2], **parts[3]}
    )


@pytest.mark.parametrize(("service", "route"), ROUTES, ids=[f"{route.method} {route.path}" for _, route in ROUTES])
def test_no_request_makes_a_service_fail(buying: Buying, service: str, route: Answered) -> None:
    seen: set[int] = set()
    there = known(buying)

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(paths(route, there), queries(route), bodies(route, there), headers(route))
    def ask(path: str, query: dict[str, str], body: bytes | None, given: dict[str, str]) -> None:
        raw = [(name.encode(), value.encode()) for name, value in given.items()]
        answer = buying.shop[service].request(route.method, path, params=query, content=body, headers=raw)
        seen.add(answer.status_code)
        assert answer.status_code < 500, (answer.text, path, query, body)
        if answer.status_code >= 400:
            assert_is_problem(answer)
        if "." in route.auth and "Authorization" not in given and answer.status_code not in (400, 404, 405):
            assert answer.status_code == 401
        if route.auth == "iam" and not SIGNED.items() <= given.items():
            assert answer.status_code >= 400

    ask()
    if route.path not in UNREACHED:
        assert seen & {200, 201, 204, 409}, "no request came as far as an answer: the examples prove nothing"


def assert_is_problem(answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document.keys() >= {"type", "title", "detail"}
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("service", "route"),
    [(service, route) for service, route in ROUTES if "." in route.auth],
    ids=[f"{route.method} {route.path}" for _, route in ROUTES if "." in route.auth],
)
def test_a_token_must_be_there_and_have_the_scope(buying: Buying, service: str, route: Answered) -> None:
    path = route.path.replace("{", "").replace("}", "")
    client = buying.shop[service]
    assert client.request(route.method, path).status_code == 401
    assert client.request(route.method, path, headers=bearer("other.read")).status_code == 403
