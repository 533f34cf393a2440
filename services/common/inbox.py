"""Events of the service's inbox: beside the HTTP server of a task a worker takes them, a function gets them by Lambda.

A message comes at least once, and in any order: a handler must be idempotent. One that fails stays in the queue and
comes again after its visibility timeout; the queue's redrive policy moves it to the dead letters at last.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from threading import Event, Thread
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field

from functions.common import names
from functions.common.aws import setting
from functions.common.log import cause, logger
from functions.common.model import Model

_WAIT_SECONDS = 20
_PAUSE_SECONDS = 5
_STOP_SECONDS = 30
_IDLE_STOP_SECONDS = 1


class _Envelope(Model):
    """An event as EventBridge delivers it."""

    detail_type: str = Field(alias="detail-type")
    detail: dict[str, Any]


@dataclass(frozen=True)
class Subscription:
    """What is done with an event.

    Args:
        detail: Model of the event's detail; later versions may add keys.
        handle: Does it, once or again; raises to have it come again.
    """

    detail: type[Model]
    handle: Callable[[Any], None]


class Inbox:
    """
    Args:
        subscriptions: Name of each event that the service's entry `consumes`, and what is done with it.
    """

    def __init__(self, subscriptions: Mapping[str, Subscription]) -> None:
        self._subscriptions = subscriptions
        self.events = tuple(subscriptions)
        """Events that it handles."""
        self._stopping, self._busy = Event(), Event()
        self._thread = Thread(target=self._work, name="inbox", daemon=True)

    def start(self) -> None:
        setting(names.INBOX_QUEUE_URL)
        self._thread.start()

    def stop(self) -> None:
        """Finish the message in hand, take no other. Messages that a pending receive still brings come again."""
        self._stopping.set()
        self._thread.join(_IDLE_STOP_SECONDS)
        if self._busy.is_set():
            self._thread.join(_STOP_SECONDS)

    def take(self, wait_seconds: int = _WAIT_SECONDS) -> int:
        """Receive up to ten messages and handle them.

        Returns:
            How many came.
        """
        url = setting(names.INBOX_QUEUE_URL)
        received = sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds)
        messages = received.get("Messages", [])
        for message in messages:
            if self._stopping.is_set():
                break
            self._busy.set()
            try:
                if self.succeeds(message["MessageId"], message["Body"]):
                    sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            finally:
                self._busy.clear()
        return len(messages)

    def succeeds(self, message_id: str, body: str) -> bool:
        """Whether `handle` did it; an error is logged, and the message must come again."""
        try:
            self.handle(body)
        except Exception as error:  # noqa: BLE001 a message that fails must not end the worker
            logger.error("message failed", extra={"message_id": message_id, "cause": cause(error)})
            return False
        return True

    def handle(self, body: str) -> None:
        """Do what is to be done with one message.

        Raises:
            LookupError: nobody said what is to be done with this event.
            ValidationError: the event does not fit its model.
        """
        event = _Envelope.model_validate_json(body)
        subscription = self._subscriptions.get(event.detail_type)
        if subscription is None:
            raise LookupError("unknown event")
        subscription.handle(subscription.detail.model_validate_json(json.dumps(event.detail)))
        logger.info("event handled", extra={"event": event.detail_type, "event_id": event.detail.get("event_id")})

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self.take()
            except (BotoCoreError, ClientError) as error:
                logger.error("inbox not reachable", extra={"cause": cause(error)})
                self._stopping.wait(_PAUSE_SECONDS)


@cache
def sqs() -> Any:
    """Client that outlasts a long poll."""
    config = Config(connect_timeout=2, read_timeout=_WAIT_SECONDS + 5, retries={"mode": "standard"})
    return boto3.client("sqs", config=config)
