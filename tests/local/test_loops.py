"""From a change in a table to the Order Management System, and what becomes of what fails on the way."""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from local.cloud import TABLE
from local.errors import LocalError
from local.loops import Loops
from local.mapping import Around, reported
from local.mappings import mappings_of
from local.pacing import Pacing
from local.seed import Feeds, seed
from local.state import Deployed
from local.topic_mapping import TopicMapping
from local.topics import Topics
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
    assert letter["reason"] == "must have source, detail_type, detail"
    assert json.loads(letter["item"])["item"] == {"S": "EVENT#broken"}


async def _has(found: Awaitable[set[str]], wanted: str) -> bool:
    return wanted in await found


async def _many(found: Awaitable[list[Any]], count: int) -> bool:
    return len(await found) >= count


def test_records_of_a_feed_are_written_and_a_bad_one_is_a_dead_letter(
    account: Account, loop: asyncio.Runner, tmp_path: Path
):
    change = {"sku": "s-9", "location_id": "l-1", "available": 5, "changed_at": "2026-01-31T08:00:00Z"}
    bad = "no JSON among records"
    records = [change, bad, {**change, "sku": "s-10"}]
    (tmp_path / "inventory.json").write_text(json.dumps(records))
    (tmp_path / "unknown-feed.json").write_text("[]")
    feeds = Feeds(account.deployed, account.cloud, Topics())

    async def letters() -> list[str]:
        """The stream has records of other tests, too."""
        told = [json.loads(one["body"])["data"] for one in await account.messages("feeds-inventory-dead")]
        found = [base64.b64decode(data).decode() for data in told if data]
        return [data for data in found if data == bad or "s-9" in data or "s-10" in data]

    with polling(account, loop) as loops:
        assert loop.run(seed(feeds, loops.mappings, tmp_path)) == {"inventory": 3}
        assert loop.run(until(letters)) == [bad]


@pytest.mark.parametrize("content", ["{}", "no JSON"])
def test_a_seed_file_that_is_no_list_is_told(account: Account, loop: asyncio.Runner, tmp_path: Path, content: str):
    (tmp_path / "inventory.json").write_text(content)
    with pytest.raises(LocalError, match=r"inventory.json must be a JSON list of records of the feed inventory"):
        loop.run(seed(Feeds(account.deployed, account.cloud, Topics()), [], tmp_path))


def test_a_feed_that_is_no_stream_is_told(account: Account, loop: asyncio.Runner):
    with pytest.raises(LookupError, match="feed must be one of catalogue, inventory, order-status, not prices"):
        loop.run(Feeds(account.deployed, account.cloud, Topics()).put("prices", [{}]))


def test_what_a_role_without_its_grants_cannot_do_is_done_when_it_has_them(account: Account, loop: asyncio.Runner):
    account.judge.denied = {"lambda:InvokeFunction"}

    async def failed() -> bool:
        told = account.journal.entries("pipe.failed")
        return any(entry["why"].startswith("lambda:InvokeFunction is denied") for entry in told)

    async def events() -> set[str]:
        return {json.loads(one["body"])["detail"]["event_id"] for one in await account.messages("app-carts-inbox")}

    async def denied_for_a_while() -> None:
        await put_event(account, {"event_id": "e-3", "order_id": "o-1"})
        await until(failed)
        assert await events() == set()
        account.judge.denied = set()
        await until(lambda: _has(events(), "e-3"))

    with polling(account, loop):
        loop.run(denied_for_a_while())


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
    assert reported(answer) == failed


def mapping(name: str, **outputs: Any) -> dict[str, Any]:
    kind = "aws:lambda/eventSourceMapping:EventSourceMapping"
    urn = f"urn:pulumi:dev::web-store::{kind}::{name}"
    return {"urn": urn, "type": kind, "id": name, "inputs": outputs, "outputs": outputs}


def test_mappings_of_other_sources_and_disabled_ones_do_not_run():
    deployed = Deployed(
        [
            STACK,
            mapping("queue", eventSourceArn="arn:aws:sqs:eu-west-1:1:q", enabled=True),
            mapping("topic", eventSourceArn="arn:aws:kafka:eu-west-1:1:cluster/c/1", enabled=True),
            mapping("off", eventSourceArn="arn:aws:sqs:eu-west-1:1:q", enabled=False),
            mapping("broker", eventSourceArn="arn:aws:mq:eu-west-1:1:broker:b", enabled=True),
            mapping("own-kafka", enabled=True),
        ]
    )
    here, elsewhere = mappings_of(deployed)
    assert [one.name for one in here] == ["queue", "topic"]
    assert [one.name for one in elsewhere] == ["broker", "own-kafka"]


class Functions:
    """A function that fails as it is told, and keeps the values that it took."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.events: list[Any] = []

    async def invoke(self, name: str, event: Any) -> tuple[Any, Any]:
        assert name == FUNCTION.arn
        self.events.append(event)
        answer = self.answers.pop(0) if self.answers else None
        return (None, {"errorType": answer}) if isinstance(answer, str) else (answer, None)


CLUSTER = "arn:aws:kafka:eu-west-1:111111111111:cluster/feeds/1-2-3"
(FUNCTION,) = Deployed(
    [
        {
            "urn": "urn:pulumi:dev::web-store::aws:lambda/function:Function::f",
            "type": "aws:lambda/function:Function",
            "outputs": {"arn": "arn:aws:lambda:eu-west-1:111111111111:function:f", "role": "arn:aws:iam::1:role/f"},
        }
    ]
).resources
WITH_POLLERS = {
    "maximumRetryAttempts": 1,
    "bisectBatchOnFunctionError": True,
    "functionResponseTypes": ["ReportBatchItemFailures"],
}


def read_topic(account: Account, loop: asyncio.Runner, functions: Functions, records: int, **outputs: Any) -> Topics:
    """Read so many records of the topic `catalogue`, with a mapping that says so."""
    (resource,) = Deployed([mapping("topic", eventSourceArn=CLUSTER, topics=["catalogue"], **outputs)]).resources
    topics = Topics()
    reader = TopicMapping(
        resource,
        FUNCTION,
        Around(
            cloud=account.cloud,
            topics=topics,
            functions=functions,  # pyright: ignore[reportArgumentType]
            judge=account.judge,
            journal=account.journal,
            pacing=Pacing(0),
        ),
    )

    async def read() -> None:
        reading = asyncio.create_task(reader.run())
        await topics.put("catalogue", [str(number).encode() for number in range(records)])
        while reader.records < records and not reading.done():
            await asyncio.sleep(0.01)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading

    loop.run(asyncio.wait_for(read(), 60))
    return topics


def test_a_topic_is_read_in_batches_as_lambda_hands_them_over(account: Account, loop: asyncio.Runner):
    functions = Functions()
    read_topic(account, loop, functions, 3, batchSize=2)
    first, second = functions.events
    assert first["eventSource"] == "aws:kafka"
    assert first["eventSourceArn"] == CLUSTER
    values = [record["value"] for event in (first, second) for record in event["records"]["catalogue-0"]]
    assert [base64.b64decode(value) for value in values] == [b"0", b"1", b"2"]
    topic = CLUSTER.replace(":cluster/", ":topic/") + "/catalogue"
    assert ("arn:aws:iam::1:role/f", "kafka-cluster:ReadData", topic) in account.judge.asked


def test_a_batch_of_a_topic_is_repeated_until_it_succeeds(account: Account, loop: asyncio.Runner):
    functions = Functions("TryAgain", "TryAgain", None)
    read_topic(account, loop, functions, 2)
    assert len(functions.events) == 3


def test_with_pollers_a_record_that_fails_goes_to_the_dead_letter_topic(account: Account, loop: asyncio.Runner):
    bad = {"batchItemFailures": [{"itemIdentifier": {"partition": "catalogue-0", "offset": 1}}]}
    functions = Functions(bad, bad, bad)
    place = {"destinationConfig": {"onFailure": {"destinationArn": "kafka://catalogue.dead"}}}
    topics = read_topic(account, loop, functions, 2, **WITH_POLLERS, **place)
    assert [base64.b64decode(record["value"]) for record in topics.records("catalogue.dead")] == [b"1"]


def test_a_queue_gets_the_place_of_what_is_given_up(account: Account, loop: asyncio.Runner):
    queue = account.queue("feeds-catalogue-dead")
    place = {"destinationConfig": {"onFailure": {"destinationArn": queue.arn}}}
    read_topic(account, loop, Functions("Broken", "Broken"), 1, **WITH_POLLERS, **place)
    (letter,) = loop.run(account.messages(queue.name))
    assert json.loads(letter["body"])["KafkaBatchInfo"]["startOffset"] == 0
