"""Who waits for messages is asked again when its queue is named, and by nothing else."""

import io
import json
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from local import moto_host

ACCOUNT = "111111111111"


class Emulator:
    """Queues and streams of tables, as far as one request needs them."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        """Queues with a message, tables with a record."""
        self.asked: list[str] = []
        self.empty = threading.Semaphore(0)
        """Released by each request that found nothing."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        target, body = environ["HTTP_X_AMZ_TARGET"], json.loads(environ["wsgi.input"].read())
        start_response("200 OK", [])
        if target == "AmazonSQS.ReceiveMessage":
            return self._look(body["QueueUrl"].rpartition("/")[2], b'{"Messages": []}')
        if target.endswith(".GetRecords"):
            return self._look(body["ShardIterator"].split("/")[1], b'{"SequenceNumber": "1"}')
        self.found.add(body.get("TableName") or body["QueueUrl"].rpartition("/")[2])
        return [b"{}"]

    def _look(self, name: str, answer: bytes) -> list[bytes]:
        self.asked.append(name)
        if name in self.found:
            return [answer]
        self.empty.release()
        return [b"{}"]


def ask(application: moto_host.OneAtATime, target: str, **body: Any) -> bytes:
    content = json.dumps(body).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "HTTP_X_AMZ_TARGET": target,
        moto_host._WAIT_VARIABLE: "60",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": io.BytesIO(content),
    }
    return b"".join(application(environ, lambda *_: None))


SENDS: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "queue": ("AmazonSQS.SendMessage", lambda name: {"QueueUrl": f"https://sqs/{ACCOUNT}/{name}"}),
    "table": ("DynamoDB_20120810.PutItem", lambda name: {"TableName": name}),
}
WAITS: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "queue": (
        "AmazonSQS.ReceiveMessage",
        lambda name: {"QueueUrl": f"https://sqs/{ACCOUNT}/{name}", "WaitTimeSeconds": 20},
    ),
    "table": (
        "DynamoDBStreams_20120810.GetRecords",
        lambda name: {"ShardIterator": f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/{name}/stream/2026|1|x"},
    ),
}


@pytest.mark.parametrize("kind", SENDS)
def test_a_reader_is_woken_by_what_names_its_queue_or_table_alone(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moto_host, "_LOOK_AGAIN_SECONDS", 60.0)
    emulator = Emulator()
    application = moto_host.OneAtATime(emulator, ACCOUNT)
    (receive, waited), (send, sent) = WAITS[kind], SENDS[kind]
    answers: list[bytes] = []
    reader = threading.Thread(target=lambda: answers.append(ask(application, receive, **waited("mine"))), daemon=True)
    reader.start()
    emulator.empty.acquire()
    # The reader holds the lock until it waits, so none of these comes before it does.
    for other in SENDS:
        if other != kind:
            ask(application, SENDS[other][0], **SENDS[other][1]("mine"))
            emulator.found.clear()
        ask(application, SENDS[other][0], **SENDS[other][1]("another"))
    ask(application, "TrentService.Decrypt", QueueUrl="mine")
    emulator.found.discard("mine")
    assert application._heard, "it waits"
    ask(application, send, **sent("mine"))
    reader.join(timeout=30)
    assert answers, "it was woken"
    assert emulator.asked == ["mine", "mine"], "once before, once after"


def test_a_service_that_says_nothing_of_whom_it_reaches_wakes_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moto_host, "_LOOK_AGAIN_SECONDS", 60.0)
    emulator = Emulator()
    application = moto_host.OneAtATime(emulator, ACCOUNT)
    receive, waited = WAITS["queue"]
    answers: list[bytes] = []
    reader = threading.Thread(target=lambda: answers.append(ask(application, receive, **waited("mine"))), daemon=True)
    reader.start()
    emulator.empty.acquire()
    ask(application, "AWSEvents.PutEvents", QueueUrl="mine")
    reader.join(timeout=30)
    assert answers == [b'{"Messages": []}']
