"""The emulator of AWS's data services: moto, one request at a time, in a process of its own.

It writes its port to standard output. moto checks and changes its data without locks: two requests at once could both
meet a condition that only one may. A request that waits for messages waits outside the lock.
"""

import io
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

from moto.kms.models import kms_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends
from werkzeug.serving import make_server

from local.child import end_with_parent
from local.moto_paths import ARN, PEEK, WAIT
from local.moto_queues import remember_what_was_sent
from local.moto_transactions import copy_only_what_is_written

_Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_RECEIVE: Final = "AmazonSQS.ReceiveMessage"
_GET_RECORDS: Final = ".GetRecords"
_RECORDS: Final = b'"SequenceNumber"'
_MESSAGES: Final = b'"Messages"'
_WAIT_VARIABLE: Final = f"HTTP_{WAIT.upper().replace('-', '_')}"
# What changes nothing that anybody waits for.
_READS: Final = ("Get", "BatchGet", "Query", "Scan", "Describe", "List", "TransactGet", "Receive")
# Services whose changes are heard by those alone who wait for the table or queue that the request names.
_NAMING: Final = {"DynamoDB_20120810": "table", "AmazonSQS": "queue"}
# Services that neither send messages nor write records.
_SILENT: Final = ("TrentService", "secretsmanager")
# Iterators of DynamoDB's streams hold the stream's ARN; those of Kinesis are opaque.
_TABLE: Final = re.compile(r":table/([A-Za-z0-9_.-]+)/stream/")
# Messages become visible again by time alone.
_LOOK_AGAIN_SECONDS: Final = 1.0
# A reader of a stream that is woken waits a little for more.
_GATHER_SECONDS: Final = 0.03


class _Topic(NamedTuple):
    """What a waiting request would find something in."""

    kind: str
    """`table`, `queue`, or empty for anything else."""
    name: str = ""

    def is_named_in(self, request: "_Request") -> bool:
        return self.name.encode() in request.body


class OneAtATime:
    """WSGI middleware."""

    def __init__(self, application: _Application, account_id: str) -> None:
        self._application = application
        self._account_id = account_id
        self._lock = threading.Lock()
        self._heard: dict[_Topic, threading.Condition] = {}
        """Told of changes, under the lock."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        beside = {PEEK: self._peek, ARN: self._set_arn}.get(environ.get("PATH_INFO", ""))
        if beside:
            found = beside({name: value[0] for name, value in parse_qs(environ.get("QUERY_STRING", "")).items()})
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(found).encode()]
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target == _RECEIVE:
            request = _Request(environ)
            wait = float(self._wait_seconds(environ, request.content))
            return self._waited(request, start_response, wait, _MESSAGES)
        if target.endswith(_GET_RECORDS):
            wait = float(environ.get(_WAIT_VARIABLE) or 0)
            return self._waited(_Request(environ), start_response, wait, _RECORDS)
        service, _, action = target.rpartition(".")
        request = _Request(environ) if service in _NAMING else None
        with self._lock:
            answer = self._answer(request.again() if request else environ, start_response)
            if not (action.startswith(_READS) or service in _SILENT or environ["REQUEST_METHOD"] == "GET"):
                self._tell(service, request)
            return answer

    def _tell(self, service: str, request: "_Request | None") -> None:
        """Wake those who may find something now; all of them where the request does not say who."""
        for topic, changed in self._heard.items():
            if request is None or (topic.kind == _NAMING[service] and topic.is_named_in(request)):
                changed.notify_all()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        answer = self._application(environ, start_response)
        try:
            return list(answer)
        finally:
            close = getattr(answer, "close", None)
            if close:
                close()

    def _waited(
        self, request: "_Request", start_response: Callable[..., Any], seconds: float, sign: bytes
    ) -> list[bytes]:
        """Ask again after each change, until the answer has the sign of something found, fails, or the time is over."""
        until = time.monotonic() + seconds
        given: list[Any] = []
        topic = request.topic
        while True:
            with self._lock:
                given.clear()
                answer = self._answer(request.again(), lambda *head: given.extend(head))
                left = until - time.monotonic()
                if left <= 0 or sign in b"".join(answer) or not str(given[0]).startswith("200"):
                    start_response(*given)
                    return answer
                changed = self._heard.setdefault(topic, threading.Condition(self._lock))
                changed.wait(min(left, _LOOK_AGAIN_SECONDS))
            if sign == _RECORDS:
                time.sleep(_GATHER_SECONDS)

    def _peek(self, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        """Receiving would count, and hide the messages from those who should get them."""
        with self._lock:
            queue: Any = sqs_backends[self._account_id][asked["region"]].get_queue(asked["queue"].rpartition("/")[2])
            return [
                {
                    "id": message.id,
                    "body": message.body,
                    "group": message.group_id,
                    "receive_count": message.approximate_receive_count,
                    "attributes": {
                        name: value.get("StringValue") or value.get("string_value")
                        for name, value in (message.message_attributes or {}).items()
                    },
                }
                for message in queue.messages
            ]

    def _set_arn(self, asked: Mapping[str, str]) -> None:
        with self._lock:
            if asked["service"] == "secretsmanager":
                secretsmanager_backends[self._account_id][asked["region"]].secrets[asked["name"]].arn = asked["arn"]
                return
            keys: Any = kms_backends[self._account_id][asked["region"]].keys
            key = keys.pop(asked["name"])
            key.id, key.arn = asked["arn"].rpartition("/")[2], asked["arn"]
            keys[key.id] = key

    def _wait_seconds(self, environ: dict[str, Any], content: dict[str, Any]) -> int:
        """As the request says, else as the queue does; an unknown queue is told at once."""
        if isinstance(content.get("WaitTimeSeconds"), int):
            return min(content["WaitTimeSeconds"], 20)
        region = environ.get("HTTP_AUTHORIZATION", "///us-east-1").split("/")[2]
        queue: Any = sqs_backends[self._account_id][region].queues.get(
            str(content.get("QueueUrl", "")).rpartition("/")[2]
        )
        return int(queue.receive_message_wait_time_seconds or 0) if queue else 0


class _Request:
    """A request that is made until it finds something, each time without waiting."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ = environ
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        try:
            content = json.loads(body)
        except ValueError:
            content = {}
        self.content: dict[str, Any] = content if isinstance(content, dict) else {}
        # moto refuses what is out of range.
        receives = environ.get("HTTP_X_AMZ_TARGET") == _RECEIVE
        is_fit = receives and "QueueUrl" in self.content and self.content.get("WaitTimeSeconds", 0) in range(21)
        self.body: bytes = json.dumps({**self.content, "WaitTimeSeconds": 0}).encode() if is_fit else body

    @property
    def topic(self) -> _Topic:
        """Of a request that receives messages or gets records."""
        if queue := str(self.content.get("QueueUrl", "")).rpartition("/")[2]:
            return _Topic("queue", queue)
        table = _TABLE.search(str(self.content.get("ShardIterator", "")))
        return _Topic("table", table[1]) if table else _Topic("")

    def again(self) -> dict[str, Any]:
        return {**self._environ, "wsgi.input": io.BytesIO(self.body), "CONTENT_LENGTH": str(len(self.body))}


class _Handler(MotoRequestHandler):
    """Keeps connections open, and says nothing of requests."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


def main(account_id: str) -> None:
    copy_only_what_is_written()
    remember_what_was_sent()
    application = OneAtATime(DomainDispatcherApplication(create_backend_app), account_id)  # pyright: ignore[reportArgumentType]
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    end_with_parent()
    main(sys.argv[1])
