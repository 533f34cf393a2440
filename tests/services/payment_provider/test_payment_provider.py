"""The simulated provider of an environment: charges outlive a task, and change once however many tasks there are."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from functions.common import names
from functions.common.model import now
from services.payment_provider import app as provider
from services.payment_provider.notices import Notice
from tests.services.shop import InProcess, Shop

KEY = {"Authorization": "Bearer the-key"}
CHARGE = {
    "reference": "payment-1",
    "order_id": "order-1",
    "token": "tok_approve",
    "method": "card",
    "amount_minor": 1000,
    "currency": "EUR",
    "return_url": "https://store.test/orders/order-1",
}
Task = Callable[[], httpx.Client]


@pytest.fixture
def notices(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Notice]]:
    """Notices by the URL that they are sent to."""
    sent: dict[str, list[Notice]] = {}
    monkeypatch.setattr(provider, "by_http", lambda url: sent.setdefault(url, []).append)
    monkeypatch.setattr(provider, "LATE_SECONDS", 0)
    monkeypatch.setenv(names.PAYMENT_PROVIDER_KEY, "the-key")
    return sent


@pytest.fixture
def task(shop: Shop, notices: dict[str, list[Notice]]) -> Task:  # noqa: ARG001 - the tables, and where notices go
    """Starts a task; it shares the table alone with the others."""
    return lambda: httpx.Client(
        transport=InProcess(provider.app()), base_url="http://task", headers=KEY, follow_redirects=False
    )


def ask(task: httpx.Client, method: str, path: str, body: Any = None) -> httpx.Response:
    return task.request(method, f"/api/payment-provider{path}", json=body)


def test_a_charge_is_there_after_a_restart(task: Task) -> None:
    made = ask(task(), "POST", "/charges", CHARGE)
    assert (made.status_code, made.json()["status"]) == (200, "authorised")
    assert ask(task(), "GET", "/charges/payment-1").json() == made.json()
    captured = ask(task(), "POST", "/charges/payment-1/capture", {}).json()
    assert (captured["status"], captured["captured_minor"]) == ("captured", 1000)
    refund = {"refund_id": "r-1", "amount_minor": 600}
    for _ in range(2):
        assert ask(task(), "POST", "/charges/payment-1/refunds", refund).json()["refunded_minor"] == 600
    too_much = ask(task(), "POST", "/charges/payment-1/refunds", {"refund_id": "r-2", "amount_minor": 401})
    assert (too_much.status_code, too_much.json()["type"]) == (409, "urn:store:problem:too-much")
    assert ask(task(), "GET", "/charges/payment-1").json()["refunded_minor"] == 600
    assert ask(task(), "GET", "/charges/payment-2").status_code == 404


def test_a_charge_may_have_no_page_to_go_back_to(task: Task) -> None:
    charge = {name: value for name, value in CHARGE.items() if name != "return_url"} | {"token": "tok_3ds"}
    asked = ask(task(), "POST", "/charges", charge).json()
    assert ask(task(), "GET", "/charges/payment-1").json() == asked
    page = asked["action_url"].removeprefix("https://store.test")
    assert task().post(page, data={"answer": "approve"}).headers["location"] == page
    assert "has been answered" in task().get(page).text


def test_a_reference_that_is_voided_first_is_never_charged(task: Task) -> None:
    assert ask(task(), "POST", "/charges/payment-1/void", {}).json()["status"] == "voided"
    assert ask(task(), "POST", "/charges", CHARGE).json()["status"] == "voided"


def test_tasks_at_the_same_time_make_one_charge(task: Task, notices: dict[str, list[Notice]]) -> None:
    tasks = [task() for _ in range(4)]
    with ThreadPoolExecutor(len(tasks)) as crowd:
        answers = list(crowd.map(lambda one: ask(one, "POST", "/charges", {**CHARGE, "token": "tok_3ds"}), tasks))
    assert len({answer.json()["action_url"] for answer in answers}) == 1
    assert sum(map(len, notices.values())) == 1


def test_all_tasks_sign_with_one_key_and_publish_it(task: Task, notices: dict[str, list[Notice]]) -> None:
    first, second = task(), task()
    published = ask(second, "GET", "/.well-known/jwks.json").json()
    assert not any("d" in key for key in published["keys"]), "the private part stays"
    assert ask(first, "GET", "/.well-known/jwks.json").json() == published
    ask(first, "POST", "/charges", CHARGE)
    ((url, (notice,)),) = notices.items()
    assert url == "https://store.test/api/payments/notices"
    found = jws.deserialize_compact(
        notice.headers["Provider-Signature"],
        KeySet.import_key_set(published),
        algorithms=["ES256"],
        payload=notice.body,
    )
    assert json.loads(found.payload)["reference"] == "payment-1"


def test_a_customer_answers_a_challenge_by_its_whole_id(task: Task, notices: dict[str, list[Notice]]) -> None:
    charge = ask(task(), "POST", "/charges", {**CHARGE, "token": "tok_3ds"}).json()
    before, _, challenge = charge["action_url"].rpartition("/")
    assert before == "https://store.test/api/payment-provider/challenge"
    assert "10.00 EUR" in ask(task(), "GET", f"/challenge/{challenge}").text
    for other in ("payment-1", "payment-1.", f"{challenge}x", challenge[:-1], "payment-2.x"):
        assert ask(task(), "GET", f"/challenge/{other}").status_code == 404
    answered = task().post(f"/api/payment-provider/challenge/{challenge}", data={"answer": "refuse"})
    assert (answered.status_code, answered.headers["location"]) == (303, CHARGE["return_url"])
    assert ask(task(), "GET", "/charges/payment-1").json()["decline_code"] == "refused"
    assert [len(sent) for sent in notices.values()] == [2], "of the charge, and of the answer"
    wrong = task().post(f"/api/payment-provider/challenge/{challenge}", data={"answer": "perhaps"})
    assert wrong.status_code == 400


@pytest.mark.parametrize("shown", [{}, {"Authorization": "Bearer another"}, {"Authorization": "Bearer "}])
def test_the_store_alone_may_ask_about_charges(task: Task, shown: dict[str, str]) -> None:
    ask(task(), "POST", "/charges", CHARGE)
    client = task()
    client.headers.pop("Authorization")
    for method, path in (("GET", "/charges/payment-1"), ("POST", "/charges"), ("POST", "/charges/payment-1/capture")):
        assert client.request(method, f"/api/payment-provider{path}", json={}, headers=shown).status_code == 401
    assert client.get("/api/payment-provider/.well-known/jwks.json").status_code == 200


def test_charges_are_forgotten_a_month_after_they_changed_and_the_key_never(task: Task, shop: Shop) -> None:
    ask(task(), "POST", "/charges", CHARGE)
    ask(task(), "GET", "/.well-known/jwks.json")
    expiries = {item["reference"]: item.get("expires_at") for item in shop.client.scan(TableName="charges")["Items"]}
    month = int((now() + timedelta(days=30)).timestamp())
    assert month - 60 <= int(expiries.pop("payment-1")) <= month
    assert list(expiries.values()) == [None]


def test_the_list_of_charges_is_for_machines_of_developers(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(task(), "POST", "/charges", {**CHARGE, "method": "invoice"})
    assert task().get("/admin/charges").status_code == 404
    assert task().post("/admin/charges/payment-1/pay").status_code == 404
    monkeypatch.setenv("STORE_PROVIDER_OPEN_TO_TESTS", "true")
    assert task().post("/admin/charges/payment-1/pay").json()["status"] == "captured"
    (listed,) = task().get("/admin/charges").json()["charges"]
    assert (listed["order_id"], listed["captured_minor"]) == ("order-1", 1000)


def test_without_its_variables_it_is_not_ready(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    assert task().get("/health/ready").json() == {"status": "ready"}
    monkeypatch.delenv(names.PAYMENT_PROVIDER_KEY)
    answer = task().get("/health/ready")
    assert (answer.status_code, answer.json()["failed"]) == (503, ["variables"])
