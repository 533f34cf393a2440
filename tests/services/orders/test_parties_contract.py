"""What orders say to the parties that price deliveries and reckon taxes: requests and answers as parties/apis declares
them, and answers that are not believed."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jsonschema
import pytest
from fastapi import FastAPI

from functions.common import names
from parties.catalogue import apis
from services.common.bodies import ShipTo
from services.orders import party as parties
from services.orders.order import Line
from services.orders.party import Breaker, Kind, Party, PartyError, RequestRefusedError, party
from services.orders.priced import delivery_prices, reckoned
from services.payment_provider.parties import routes
from tests.services.shop import InProcess

URL, KEY = "https://api.partner.example.com/v1", "key-of-the-store"
PLACE = ShipTo(country="DE", postal_code="10115", city="Berlin")
LINES = [Line("s-1", "p-1", "Shirt", 2, 1000), Line("s-2", "p-2", "Lamp", 1, 599)]
OPTIONS = {"currency": "EUR", "options": [{"option": "standard", "price_minor": 490}]}
TAXES = {
    "currency": "EUR",
    "lines": [{"sku": "s-1", "tax_minor": 319}, {"sku": "s-2", "tax_minor": 96}],
    "delivery_tax_minor": 78,
}


def _options(to: Party) -> Any:
    return delivery_prices(to, PLACE, LINES, "EUR")


def _taxes(to: Party) -> Any:
    return reckoned(to, PLACE, LINES, currency="EUR", delivery_minor=490, included=True)


# Kind, operation, path, call, right answer, what is made of it
CASES: dict[Kind, tuple[str, str, Callable[[Party], Any], dict[str, Any], Any]] = {
    "shipping": ("options", "/delivery-options", _options, OPTIONS, {"standard": 490}),
    "tax": ("reckon", "/taxes", _taxes, TAXES, ((319, 96), 78)),
}
WRONG: dict[str, tuple[Kind, Any]] = {
    "options in another currency": ("shipping", {**OPTIONS, "currency": "USD"}),
    "a negative price": ("shipping", {**OPTIONS, "options": [{"option": "standard", "price_minor": -1}]}),
    "a price with a fraction": ("shipping", {**OPTIONS, "options": [{"option": "standard", "price_minor": 4.9}]}),
    "a price as text": ("shipping", {**OPTIONS, "options": [{"option": "standard", "price_minor": "490"}]}),
    "two prices for one option": ("shipping", {**OPTIONS, "options": OPTIONS["options"] * 2}),
    "no options at all": ("shipping", {"currency": "EUR"}),
    "a list": ("shipping", []),
    "taxes in another currency": ("tax", {**TAXES, "currency": "USD"}),
    "a negative tax": ("tax", {**TAXES, "delivery_tax_minor": -1}),
    "more tax than the line costs": ("tax", {**TAXES, "lines": [{"sku": "s-1", "tax_minor": 2001}, TAXES["lines"][1]]}),
    "more tax than the delivery costs": ("tax", {**TAXES, "delivery_tax_minor": 491}),
    "lines that are missing": ("tax", {**TAXES, "lines": TAXES["lines"][:1]}),
    "lines in another order": ("tax", {**TAXES, "lines": TAXES["lines"][::-1]}),
    "lines of another order": ("tax", {**TAXES, "lines": [{"sku": "s-9", "tax_minor": 1}, TAXES["lines"][1]]}),
}


def asked(kind: Kind, handler: Callable[[httpx.Request], httpx.Response], breaker: Breaker | None = None) -> Party:
    http = httpx.Client(transport=httpx.MockTransport(handler))
    return Party(kind, URL, KEY, http, breaker or Breaker())


def test_every_operation_of_the_parties_is_declared() -> None:
    assert {kind: {operation} for kind, (operation, *_) in CASES.items()} == {
        kind: set(apis()[kind].operations) for kind in CASES
    }


@pytest.mark.parametrize("kind", CASES)
def test_orders_send_what_is_declared_and_nothing_else(kind: Kind) -> None:
    operation, path, call, answer, made = CASES[kind]
    declared, requests = apis()[kind].operations[operation], []
    jsonschema.validate(answer, declared["answer"])

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=answer)

    assert call(asked(kind, handler)) == made
    (request,) = requests
    assert (request.method, str(request.url)) == ("POST", URL + path)
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    jsonschema.validate(json.loads(request.content), declared["request"])
    assert json.loads(request.content)["ship_to"] == {"country": "DE", "postal_code": "10115", "city": "Berlin"}


@pytest.mark.parametrize("kind", CASES)
def test_the_simulated_party_takes_and_answers_what_is_declared(kind: Kind) -> None:
    operation, _path, call, _answer, _made = CASES[kind]
    answers = []
    simulated = InProcess(_app())

    def handler(request: httpx.Request) -> httpx.Response:
        way = request.url.copy_with(path=f"/{kind}{request.url.path.removeprefix('/v1')}")
        answer = simulated.handle_request(httpx.Request("POST", way, content=request.content, headers=request.headers))
        answers.append(answer.json())
        return answer

    assert call(asked(kind, handler))
    jsonschema.validate(answers[0], apis()[kind].operations[operation]["answer"])


def _app() -> Any:
    app = FastAPI()
    app.include_router(routes(lambda: 0.0))
    return app


@pytest.mark.parametrize(("kind", "answer"), WRONG.values(), ids=WRONG)
def test_an_answer_that_cannot_be_right_is_no_price(kind: Kind, answer: Any) -> None:
    with pytest.raises(PartyError):
        CASES[kind][2](asked(kind, lambda _: httpx.Response(200, json=answer)))


def test_ways_to_deliver_that_the_store_has_not_are_ignored() -> None:
    drone = {**OPTIONS, "options": [{"option": "drone", "price_minor": 1}, {"option": "pickup", "price_minor": 1}]}
    assert _options(asked("shipping", lambda _: httpx.Response(200, json=drone))) == {}


def _late(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("late", request=request)


FAILURES: dict[str, tuple[Callable[[httpx.Request], httpx.Response], int]] = {
    "no answer in time": (_late, 2),
    "an error of the party": (lambda _: httpx.Response(503), 2),
    "too many requests": (lambda _: httpx.Response(429), 2),
    "a refusal": (lambda _: httpx.Response(403), 1),
    "a redirect": (lambda _: httpx.Response(302, headers={"Location": "https://elsewhere.test/"}), 1),
    "no JSON": (lambda _: httpx.Response(200, text="<html>"), 1),
    "broken compression": (lambda _: httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=b"no gzip"), 2),
    "an answer without end": (lambda _: httpx.Response(200, content=b" " * 300_000 + json.dumps(OPTIONS).encode()), 1),
}


@pytest.mark.parametrize(("handler", "attempts"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_tried_again_only_where_that_helps(
    handler: Callable[[httpx.Request], httpx.Response], attempts: int
) -> None:
    requests = []

    def counted(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return handler(request)

    with pytest.raises(PartyError):
        _options(asked("shipping", counted))
    assert len(requests) == attempts


@pytest.mark.parametrize("status", [400, 422])
def test_what_is_asked_wrongly_is_no_failure_of_the_party(status: int) -> None:
    requests, breaker = [], Breaker()

    def refuses(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status)

    for _ in range(6):
        with pytest.raises(RequestRefusedError):
            _options(asked("shipping", refuses, breaker))
    assert len(requests) == 6
    assert _options(asked("shipping", lambda _: httpx.Response(200, json=OPTIONS), breaker)) == {"standard": 490}


class _Trickle(httpx.SyncByteStream):
    def __init__(self, clock: list[float]) -> None:
        self._clock = clock

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self._clock[0] += 0.9
            yield b" "


def test_an_answer_that_trickles_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(parties.time, "monotonic", lambda: clock[0])
    with pytest.raises(PartyError):
        _options(asked("shipping", lambda _: httpx.Response(200, stream=_Trickle(clock))))
    assert clock[0] < 104


def test_the_second_attempt_counts() -> None:
    answers: Iterator[httpx.Response] = iter([httpx.Response(500), httpx.Response(200, json=OPTIONS)])
    assert _options(asked("shipping", lambda _: next(answers))) == {"standard": 490}


def test_no_second_attempt_begins_after_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    requests, clock = [], [100.0]
    monkeypatch.setattr(parties.time, "monotonic", lambda: clock[0])

    def slow(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        clock[0] += 1.5
        return httpx.Response(500)

    with pytest.raises(PartyError):
        _options(asked("shipping", slow))
    assert len(requests) == 1


def test_a_party_that_fails_is_left_alone_for_a_while_and_then_tried_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    requests, clock, breaker = [], [100.0], Breaker()
    healthy = False
    monkeypatch.setattr(parties.time, "monotonic", lambda: clock[0])

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=OPTIONS) if healthy else httpx.Response(500)

    def ask() -> Any:
        return _options(asked("shipping", handler, breaker))

    for _ in range(5):
        with pytest.raises(PartyError):
            ask()
    assert len(requests) == 10
    with pytest.raises(PartyError):
        ask()
    assert len(requests) == 10, "left alone"
    clock[0] += 10
    with pytest.raises(PartyError):
        ask()
    assert len(requests) == 12, "one request finds out"
    healthy = True
    with pytest.raises(PartyError):
        ask()
    clock[0] += 10
    assert breaker.admits()
    assert not breaker.admits(), "others wait for the first"
    clock[0] += 10
    assert ask() == ask() == {"standard": 490}


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("address", [None, names.OFF])
def test_nobody_is_asked_where_there_is_none_or_it_is_switched_off(
    kind: Kind, address: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = {"shipping": names.SHIPPING_URL, "tax": names.TAX_URL}[kind]
    if address is None:
        monkeypatch.delenv(variable, raising=False)
    else:
        monkeypatch.setenv(variable, address)
    assert party(kind) is None
