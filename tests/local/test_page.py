"""The status page, for a person and for programs; nobody without its token."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from local.context import Context
from local.loops import Loops
from local.mailbox import Mailbox
from local.pacing import Pacing
from local.page import Page
from local.processes import Processes
from local.seed import Feeds
from local.topics import Topics
from tests.local.account import Account

TOKEN = "the-token-of-this-test"


@dataclass
class Front:
    urls: Mapping[str, str] = field(default_factory=lambda: {"store": "http://127.0.0.1:8080"})

    not_judged: Sequence[str] = ("edge-web-acl: countries",)

    def variables(self, service: str, /) -> Mapping[str, str]:
        raise NotImplementedError(service)

    def codes(self) -> Sequence[Mapping[str, str]]:
        return [{"to": "<ada@example.com>", "code": "123456", "at": "08:00"}]

    async def close(self) -> None:
        raise NotImplementedError


@pytest.fixture(scope="module")
def page(account: Account) -> Page:
    taken = ("folder", "deployed", "journal", "cloud", "functions", "third_parties", "bus")
    processes = Processes(
        account.deployed, account.cloud, account.judge, account.logs, account.journal, is_ours=lambda _: False
    )
    others = dict.fromkeys(("principals", "security_groups", "gate", "personalize"))
    context = Context(
        search=None,
        mails=Mailbox(account.deployed, account.cloud, account.bus),
        env="dev",
        port=0,
        gate_url="http://127.0.0.1:1",
        processes=processes,
        **{name: getattr(account, name) for name in taken},
        **others,  # pyright: ignore[reportArgumentType]
    )
    loops = Loops(
        account.deployed, account.cloud, account.functions, account.bus, account.judge, account.journal, Pacing(0)
    )
    return Page(context, Front(), loops, Feeds(account.deployed, account.cloud, Topics()), account.logs, TOKEN)


@pytest.fixture
def ask(page: Page, loop: asyncio.Runner) -> Iterator[Any]:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(page), base_url="http://page")

    def one(method: str, path: str, token: str = TOKEN, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return loop.run(http.request(method, path, headers=headers, **more))

    with ExitStack() as ends:
        ends.callback(lambda: loop.run(http.aclose()))
        yield one


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/?json"),
        ("GET", "/?token=wrong"),
        ("GET", "/logs/aws"),
        ("GET", "/queues/orders"),
        ("POST", "/events"),
        ("POST", "/events?token=" + TOKEN),
        ("POST", "/feeds/inventory"),
        ("POST", "/services/carts/kill"),
        ("POST", "/functions/app-order-relay/kill"),
        ("POST", "/third-parties/events-cms/failures"),
    ],
)
@pytest.mark.parametrize("token", ["", "wrong"])
def test_nothing_is_told_or_done_without_the_token(ask: Any, method: str, path: str, token: str):
    assert ask(method, path, token, content="[]").status_code == 403


def test_the_page_tells_what_runs_and_what_happened(ask: Any, account: Account, loop: asyncio.Runner):
    bus = account.deployed.outputs["events_bus_name"]
    event = {"Source": "store.orders", "DetailType": "order.placed", "Detail": '{"order_id": "o"}', "EventBusName": bus}
    (answer,) = ask("POST", "/events", json=[event]).json()
    loop.run(account.bus.settled())
    account.journal.call("arn:aws:iam::1:role/web", "s3:GetObject", "arn:aws:s3:::<b>", False, "no statement allows it")
    account.journal.connection("web", "orders", 8080, False, "no egress rule")

    html = ask("GET", f"/?token={TOKEN}", "")
    told = html.text
    for text in (
        "order.placed",
        answer["EventId"],
        "s3:GetObject",
        "no egress rule",
        "123456",
        "events-cms",
        "is not built",
    ):
        assert text in told
    assert "<ada@" not in told
    assert "arn:aws:s3:::&lt;b&gt;" in told
    nonce = told.partition('nonce="')[2].partition('"')[0]
    assert f"script-src 'nonce-{nonce}'" in html.headers["Content-Security-Policy"]
    assert html.headers["Referrer-Policy"] == "no-referrer"

    facts = ask("GET", "/?json").json()
    (found,) = (one for one in facts["events"] if one["event_id"] == answer["EventId"])
    steps = {(step["rule"], step["outcome"], step["reader"]) for step in found["path"]}
    assert ("events-order-relay", "delivered", "app-order-relay") in steps
    assert facts["denied"][0]["target"] == "orders"
    assert {queue["name"] for queue in facts["queues"]} >= {"app-carts-inbox", "app-order-relay-inbox"}
    (message,) = ask("GET", "/queues/app-carts-inbox").json()
    assert json.loads(message["body"])["id"] == answer["EventId"]
    assert message["receive_count"] == 0


def test_faults_and_records_are_put_by_programs(ask: Any, account: Account):
    assert ask("POST", "/third-parties/events-cms/failures", json=[500, 429]).status_code == 200
    (party,) = account.third_parties
    assert party.failures == [500, 429]
    party.failures.clear()
    assert ask("POST", "/feeds/inventory", json=[{"sku": "s"}, "no JSON"]).status_code == 200
    assert ask("POST", "/services/carts/stop").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/feeds/prices", "[]", 404, "feed must be one of"),
        ("/feeds/inventory", "{}", 400, "must be a JSON list, not dict"),
        ("/feeds/inventory", "no JSON", 400, "Expecting value"),
        ("/third-parties/nobody/failures", "[500]", 404, "no third party nobody"),
        ("/third-parties/events-cms/failures", '["x"]', 400, "invalid literal"),
        ("/services/nobody/stop", "", 404, "services are"),
        ("/functions/nobody/kill", "", 404, "there is no function nobody; there are app-"),
        ("/services/carts/paint", "", 404, "one can stop, restart, kill them"),
    ],
)
def test_what_cannot_be_done_is_told(ask: Any, path: str, body: str, status: int, told: str):
    answer = ask("POST", path, content=body)
    assert (answer.status_code, told in answer.text) == (status, True)


@pytest.mark.parametrize("path", ["/logs/none", "/logs/..%2Fjournal", "/queues/none", "/elsewhere"])
def test_there_is_nothing_else_to_read(ask: Any, path: str):
    assert ask("GET", path).status_code == 404


def test_a_log_is_shown(ask: Any, account: Account):
    account.logs.path("carts").write_text("what a task said")
    assert ask("GET", "/logs/carts").text == "what a task said"
