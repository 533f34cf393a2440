"""Messages of an inbox: done ones go, failed ones come again and end in the dead letters."""

import json
from collections.abc import Callable
from threading import Event
from typing import Any

import boto3
import pytest

from functions.common import names
from functions.common.model import Id, Model
from services.common.inbox import Inbox, Subscription
from tests.services.shop import Shop


class _Detail(Model):
    order_id: Id


@pytest.fixture
def queue(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An inbox whose messages come again at once, and twice at most."""
    assert shop
    sqs = boto3.resource("sqs")
    dead = sqs.create_queue(QueueName="dead")
    redrive = {"deadLetterTargetArn": dead.attributes["QueueArn"], "maxReceiveCount": 2}
    attributes = {"VisibilityTimeout": "0", "RedrivePolicy": json.dumps(redrive)}
    made = sqs.create_queue(QueueName="inbox", Attributes=attributes)
    monkeypatch.setenv(names.INBOX_QUEUE_URL, made.url)
    return made


def send(queue: Any, order_id: Any, detail_type: str = "order.placed") -> None:
    queue.send_message(MessageBody=json.dumps({"detail-type": detail_type, "detail": {"order_id": order_id}}))


def dead() -> list[str]:
    queue = boto3.resource("sqs").get_queue_by_name(QueueName="dead")
    return [message.body for message in queue.receive_messages(MaxNumberOfMessages=10)]


def test_what_is_done_goes_and_what_fails_comes_again_and_is_set_aside(
    queue: Any, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    handled: list[str] = []

    def handle(detail: _Detail) -> None:
        handled.append(detail.order_id)
        if detail.order_id == "bad":
            raise RuntimeError("ada@example.com")

    inbox = Inbox({"order.placed": Subscription(_Detail, handle)})
    for order_id in ("o-1", "bad", 5):
        send(queue, order_id)
    send(queue, "o-2", "order.lost")
    queue.send_message(MessageBody="no json")
    for _ in range(4):
        inbox.take(0)
    assert sorted(handled) == ["bad", "bad", "o-1"]
    assert len(dead()) == 4
    causes = {line["cause"] for line in logged() if line["message"] == "message failed"}
    assert causes == {"RuntimeError", "ValidationError", "LookupError"}
    assert "ada@" not in json.dumps(logged())


def test_a_worker_ends_with_the_message_in_hand(queue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.common.inbox._WAIT_SECONDS", 0)
    begun, go_on = Event(), Event()
    handled: list[str] = []

    def handle(detail: _Detail) -> None:
        begun.set()
        assert go_on.wait(60)
        handled.append(detail.order_id)

    send(queue, "o-1")
    inbox = Inbox({"order.placed": Subscription(_Detail, handle)})
    inbox.start()
    assert begun.wait(60)
    send(queue, "o-2")
    go_on.set()
    inbox.stop()
    assert handled[0] == "o-1"
    assert not inbox._thread.is_alive()
