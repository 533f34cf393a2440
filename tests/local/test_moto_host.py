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


class Reader:
    """One that waits for messages or records of what is called `mine`, without ever looking again by itself."""

    def __init__(self, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(moto_host, "_LOOK_AGAIN_SECONDS", 60.0)
        self.emulator = Emulator()
        self.application = moto_host.OneAtATime(self.emulator, ACCOUNT)
        self.answers: list[bytes] = []
        self.told = 0
        """How often it was woken."""
        target, body = WAITS[kind]

        def read() -> None:
            self.answers.append(ask(self.application, target, **body("mine")))

        self._thread = threading.Thread(target=read, daemon=True)
        self._thread.start()
        self.emulator.empty.acquire()
        # It has the lock until it waits: whoever is answered meets it waiting.
        ask(self.application, "TrentService.Decrypt", QueueUrl="mine")
        self.emulator.found.clear()
        (self._heard,) = self.application._heard.values()
        wake = self._heard.notify_all

        def counted() -> None:
            self.told += 1
            wake()

        monkeypatch.setattr(self._heard, "notify_all", counted)

    def ends(self) -> None:
        self._thread.join()


@pytest.mark.parametrize("kind", SENDS)
def test_a_reader_is_woken_by_what_names_its_queue_or_table_alone(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(kind, monkeypatch)
    for other, (send, sent) in SENDS.items():
        ask(reader.application, send, **sent("another"))
        if other != kind:
            ask(reader.application, send, **sent("mine"))
    ask(reader.application, "TrentService.Decrypt", QueueUrl="mine")
    assert reader.told == 0
    send, sent = SENDS[kind]
    ask(reader.application, send, **sent("mine"))
    assert reader.told == 1
    reader.ends()
    assert reader.emulator.asked == ["mine", "mine"], "once before, once after"
    assert b"[" in reader.answers[0] or b"Sequence" in reader.answers[0]


def test_a_service_that_says_nothing_of_whom_it_reaches_wakes_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader("queue", monkeypatch)
    ask(reader.application, "AWSEvents.PutEvents", QueueUrl="mine")
    assert reader.told == 1
    reader.ends()
    assert reader.answers == [b'{"Messages": []}']
