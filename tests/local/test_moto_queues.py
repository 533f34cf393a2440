"""FIFO queues of the emulator deliver what was sent twice once, even if it has been received in between."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.sqs import models

from local.moto_queues import remember_what_was_sent

Make = Callable[..., "Fifo"]
START = 1_800_000_000_000


class Fifo:
    def __init__(self, client: Any, url: str) -> None:
        self._client, self._url = client, url

    def send(self, text: str, group: str = "g", again: str = "d") -> None:
        self._client.send_message(
            QueueUrl=self._url, MessageBody=text, MessageGroupId=group, MessageDeduplicationId=again
        )

    def taken(self) -> list[str]:
        """What is received, and deleted."""
        found = self._client.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", [])
        for one in found:
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=one["ReceiptHandle"])
        return [one["Body"] for one in found]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [float(START)]
    monkeypatch.setattr(models, "unix_time_millis", lambda *_: now[0])
    return now


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    monkeypatch.setattr(models.Queue, "add_message", models.Queue.add_message)
    remember_what_was_sent()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    with mock_aws():
        client = boto3.client("sqs", "eu-west-1")

        def one(**attributes: str) -> Fifo:
            made = client.create_queue(QueueName="orders.fifo", Attributes={"FifoQueue": "true", **attributes})
            return Fifo(client, made["QueueUrl"])

        yield one


def test_what_was_received_is_not_delivered_again_within_five_minutes(make: Make, clock: list[float]) -> None:
    queue = make()
    queue.send("first")
    assert queue.taken() == ["first"]
    clock[0] += 299_000
    queue.send("second")
    assert queue.taken() == []
    clock[0] += 1_000
    queue.send("third")
    assert queue.taken() == ["third"]


def test_other_ids_are_other_messages(make: Make) -> None:
    queue = make()
    queue.send("first")
    queue.send("second", again="e")
    assert queue.taken() == ["first", "second"]


@pytest.mark.parametrize(("scope", "delivered"), [("queue", ["first"]), ("messageGroup", ["first", "second"])])
def test_ids_are_told_apart_as_the_queue_says(make: Make, scope: str, delivered: list[str]) -> None:
    throughput = "perMessageGroupId" if scope == "messageGroup" else "perQueue"
    queue = make(DeduplicationScope=scope, FifoThroughputLimit=throughput)
    queue.send("first", group="a")
    queue.send("second", group="b")
    assert queue.taken() == delivered
