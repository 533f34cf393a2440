"""What payments say to their provider: the requests and answers that parties/apis/payment.json declares."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import jsonschema
import pytest

from functions.common import names
from parties.catalogue import apis
from services.common.problems import ProblemError
from services.payments import notices, provider
from services.payments.provider import ChargeRequest, HttpProvider, Provider, ProviderError

URL, KEY = "https://api.payments.example.com/v1", "key-of-the-store"
CHARGE = {
    "reference": "p-1",
    "status": "captured",
    "action_url": None,
    "decline_code": None,
    "captured_minor": 2598,
    "refunded_minor": 0,
}
ASKED = ChargeRequest(
    reference="p-1",
    order_id="o-1",
    token="tok_approve",
    method="card",
    amount_minor=2598,
    currency="EUR",
    return_url="https://store.example.com/orders/o-1",
)
CALLS: dict[str, tuple[Callable[[Provider], Any], str]] = {
    "authorise": (lambda to: to.authorise(ASKED), "POST /charges"),
    "find": (lambda to: to.find("p-1"), "GET /charges/p-1"),
    "capture": (lambda to: to.capture("p-1"), "POST /charges/p-1/capture"),
    "void": (lambda to: to.void("p-1"), "POST /charges/p-1/void"),
    "refund": (lambda to: to.refund("p-1", "r-1", 100), "POST /charges/p-1/refunds"),
}
OPERATIONS = apis()["payment"].operations


def test_every_operation_of_the_provider_is_declared() -> None:
    assert OPERATIONS.keys() == CALLS.keys()


@pytest.mark.parametrize("operation", CALLS)
def test_payments_send_what_is_declared_and_nothing_else(operation: str) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=CHARGE)

    call, line = CALLS[operation]
    jsonschema.validate(CHARGE, OPERATIONS[operation]["answer"])
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        charge = call(HttpProvider(URL, KEY, client))
    assert charge.model_dump() == CHARGE
    (request,) = requests
    path = request.url.path.removeprefix("/v1")
    assert f"{request.method} {path}" == line
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    sent = json.loads(request.content or "{}")
    # The reference is in the path, but for a new charge.
    jsonschema.validate({"reference": "p-1", **sent}, OPERATIONS[operation]["request"])
    assert request.url.query == b""


@pytest.mark.parametrize("missing", ["reference", "status"])
def test_an_answer_that_is_not_declared_is_no_charge(missing: str) -> None:
    half = {key: value for key, value in CHARGE.items() if key != missing}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(half, OPERATIONS["find"]["answer"])
    with (
        httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=half))) as client,
        pytest.raises(ProviderError),
    ):
        HttpProvider(URL, KEY, client).find("p-1")


@pytest.mark.parametrize("operation", CALLS)
def test_nothing_is_sent_to_a_provider_that_is_switched_off(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> httpx.Client:
        raise AssertionError("a provider that is switched off must not be called")

    monkeypatch.setenv(names.PAYMENT_PROVIDER_URL, names.OFF)
    monkeypatch.setattr(provider, "client", nobody)
    with pytest.raises(ProviderError):
        CALLS[operation][0](provider.provider())


def test_a_notice_of_a_provider_that_is_switched_off_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(names.PAYMENT_PROVIDER_URL, names.OFF)
    with pytest.raises(ProblemError) as refused:
        notices.signed.verify(b"{}", "signature")
    assert refused.value.status == 503
