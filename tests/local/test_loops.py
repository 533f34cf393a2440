"""From a change in a table to the Order Management System, and what becomes of what fails on the way."""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from local.cloud import TABLE
from local.errors import LocalError
from local.loops import Loops
from local.mappings import _reported, mappings_of
from local.pacing import Pacing
from local.seed import Feeds, seed
from local.state import Deployed
from tests.local.account import Account
from tests.local.test_state import STACK

_serialize = TypeSerializer().serialize
PLACED = {
    "event_id": "0b0f6f0e-5a1e-4a52-8a55-0d6f3a9f5b11",
    "order_id": "o-1",
    "customer_id": "c-1",
    "placed_at": "2026-01-31T08:00:00Z",
    "currency": "EUR",
    "total_minor": 2598,
    "lines": [{"sku": "s-1", "quantity": 2, "unit_price_minor": 1299}],
}


@pytest.fixture(autouse=True)
def _fresh(account: Account, loop: asyncio.Runner) -> Iterator[None]:
    yield
    account.judge.denied.clear()
    loop.run(account.empty())


@contextmanager
def polling(account: Account, loop: asyncio.Runner) -> Iterator[Loops]:
    """Pipes and mappings of the stack, while the test looks."""
    loops = Loops(
        account.deployed,
        account.cloud,
        account.functions,
        account.bus,
        account.judge,
        account.journal,
        Pacing(0),
    )

    async def begin() -> None:
        loops.start()

    loop.run(begin())
    try:
        yield loops
    finally:
        loop.run(loops.close())


async def until(found: Callable[[], Awaitable[Any]]) -> Any:
    """What is found, once there is something."""
    deadline = time.monotonic() + 60
    while not (answer := await found()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    return answer


async def put(account: Account, table: str, **item: Any) -> None:
    await account.cloud.call(
        "dynamodb",
        "PutItem",
        TableName=account.one(TABLE, table).outputs["name"],
        Item={name: _serialize(value) for name, value in item.items()},
    )


async def order_status(account: Account) -> str:
    key = {"order_id": {"S": "o-1"}, "item": {"S": "ORDER"}}
    table = account.one(TABLE, "data-orders").outputs["name"]
    item = (await account.cloud.call("dynamodb", "GetItem", TableName=table, Key=key))["Item"]
    return item["status"]["S"]


async def put_event(account: Account, detail: dict[str, Any], **changed: Any) -> None:
    event = {"source": "store.orders", "detail_type": "order.placed", "detail": detail, "expires_at": 1_900_000_000}
    item = f"EVENT#{detail['event_id']}"
    await put(account, "data-orders", order_id="o-1", item=item, **{**event, **changed})


def test_an_order_reaches_the_oms_and_comes_back_accepted(account: Account, loop: asyncio.Runner):
    async def placed() -> None:
        order = {"customer_id": "c-1", "status": "placed", "updated_at": PLACED["placed_at"]}
        await put(account, "data-orders", order_id="o-1", item="ORDER", **order)
        await put_event(account, PLACED)
        await until(lambda: _is(order_status(account), "accepted"))
        (told,) = await until(lambda: account.messages("app-customers-inbox"))
        assert json.loads(told["body"])["detail"]["status"] == "accepted"

    with polling(account, loop):
        loop.run(placed())
    roles = {(principal.rpartition("/")[2], action) for principal, action, _ in account.judge.asked}
    assert {
        ("app-orders-outbox", "dynamodb:GetRecords"),
        ("app-orders-outbox", "lambda:InvokeFunction"),
        ("app-orders-outbox", "events:PutEvents"),
        ("app-order-relay", "sqs:ReceiveMessage"),
        ("app-order-relay", "sqs:DeleteMessage"),
        ("app-oms", "sqs:ReceiveMessage"),
    } <= roles
    assert {"events:source": "store.orders", "events:detail-type": "order.placed"} in account.judge.contexts


async def _is(found: Awaitable[Any], wanted: Any) -> bool:
    return await found == wanted


def test_an_item_that_is_no_event_is_a_dead_letter_and_holds_nothing_up(account: Account, loop: asyncio.Runner):
    async def mixed() -> list[dict[str, Any]]:
        await put_event(account, {"event_id": "e-1", "order_id": "o-1"})
        await put(account, "data-orders", order_id="o-1", item="EVENT#broken", no="event")
        await put_event(account, {"event_id": "e-2", "order_id": "o-1"})
        (letter,) = await until(lambda: account.messages("app-orders-outbox-dead"))
        await until(lambda: _many(account.messages("app-carts-inbox"), 2))
        return [json.loads(letter["body"])]

    with polling(account, loop):
        (letter,) = loop.run(mixed())
    assert letter["context"]["condition"] == "RetryAttemptsExhausted"
    assert letter["DDBStreamBatchInfo"]["batchSize"] == 1


async def _many(found: Awaitable[list[Any]], count: int) -> bool:
    return len(await found) >= count


def test_records_of_a_feed_are_written_and_a_bad_one_is_a_dead_letter(
    account: Account, loop: asyncio.Runner, tmp_path: Path
):
    change = {"sku": "s-9", "location_id": "l-1", "available": 5, "changed_at": "2026-01-31T08:00:00Z"}
    records = [change, "no JSON", {**change, "sku": "s-10"}]
    (tmp_path / "inventory.json").write_text(json.dumps(records))
    (tmp_path / "unknown-feed.json").write_text("[]")
    feeds = Feeds(account.deployed, account.cloud)

    async def letters() -> list[dict[str, Any]]:
        return [json.loads(one["body"]) for one in await until(lambda: account.messages("feeds-inventory-dead"))]

    with polling(account, loop) as loops:
        assert loop.run(seed(feeds, loops.mappings, tmp_path)) == {"inventory": 3}
        told = loop.run(letters())
    assert [base64.b64decode(letter["data"]).decode() for letter in told if letter["data"]] == ["no JSON"]


@pytest.mark.parametrize("content", ["{}", "no JSON"])
def test_a_seed_file_that_is_no_list_is_told(account: Account, loop: asyncio.Runner, tmp_path: Path, content: str):
    (tmp_path / "inventory.json").write_text(content)
    with pytest.raises(LocalError, match=r"inventory.json must be a JSON list of records of the feed inventory"):
        loop.run(seed(Feeds(account.deployed, account.cloud), [], tmp_path))


def test_a_feed_that_is_no_stream_is_told(account: Account, loop: asyncio.Runner):
    with pytest.raises(LookupError, match="feed must be one of catalogue, inventory, order-status, not prices"):
        loop.run(Feeds(account.deployed, account.cloud).put("prices", [{}]))


def test_a_role_without_its_grants_reads_nothing(account: Account, loop: asyncio.Runner):
    account.judge.denied = {"lambda:InvokeFunction"}

    async def told() -> None:
        await put_event(account, {"event_id": "e-3", "order_id": "o-1"})
        await until(lambda: account.messages("app-orders-outbox-dead"))

    with polling(account, loop):
        loop.run(told())
    failures = {entry["why"] for entry in account.journal.entries("pipe.failed")}
    assert any(why.startswith("lambda:InvokeFunction is denied") for why in failures)


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, []),
        ({}, []),
        ("", []),
        ({"batchItemFailures": []}, []),
        ({"batchItemFailures": [{"itemIdentifier": "m-1"}]}, ["m-1"]),
        # Lambda takes such answers as a failure of the whole batch.
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, None),
        ({"batchItemFailures": [{"other": "m-1"}]}, None),
        ({"batchItemFailures": ["m-1"]}, None),
        ("done", None),
    ],
)
def test_answers_of_functions_are_read_as_lambda_does(answer: Any, failed: list[str] | None):
    assert _reported(answer) == failed


def test_mappings_of_kafka_and_disabled_ones_do_not_run():
    def mapping(name: str, **outputs: Any) -> dict[str, Any]:
        kind = "aws:lambda/eventSourceMapping:EventSourceMapping"
        return {"urn": f"urn:pulumi:dev::web-store::{kind}::{name}", "type": kind, "id": name, "outputs": outputs}

    deployed = Deployed(
        [
            STACK,
            mapping("queue", eventSourceArn="arn:aws:sqs:eu-west-1:1:q", enabled=True),
            mapping("off", eventSourceArn="arn:aws:sqs:eu-west-1:1:q", enabled=False),
            mapping("topic", eventSourceArn="arn:aws:kafka:eu-west-1:1:cluster/c/1", enabled=True),
        ]
    )
    here, elsewhere = mappings_of(deployed)
    assert ([one.name for one in here], [one.name for one in elsewhere]) == (["queue"], ["topic"])
