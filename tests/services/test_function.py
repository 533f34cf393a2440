"""Services as Lambda functions: what API Gateway, SQS and the clock hand over, and what they get back."""

import base64
import io
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from fastapi import APIRouter, FastAPI, Request, Response
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from functions.common.names import CALLER_HEADER
from services import function
from services.common import calls, invocations
from services.common.app import make
from services.common.chores import Chore
from services.common.problems import ProblemError
from services.common.xray import Subsegments
from tests.services.as_function import CONTEXT
from tests.services.shop import Shop
from tests.services.tokens import bearer


@pytest.fixture(autouse=True)
def _loop_of_its_own() -> Iterator[None]:
    """Recorded programs of other tests close all loops of the process."""
    function._loop.cache_clear()
    yield
    function._loop.cache_clear()


EVENT: dict[str, Any] = {
    "resource": "/things/{name}",
    "path": "/things/a b",
    "httpMethod": "PUT",
    "headers": {"accept": "b", "x-api-key": "cloudfronts"},
    "multiValueHeaders": {"Accept": ["a", "b"], "x-api-key": ["cloudfronts"], "X-Amzn-Trace-Id": ["Root=1-1-1"]},
    "queryStringParameters": {"sku": "s-2"},
    "multiValueQueryStringParameters": {"sku": ["s-1", "s&2"]},
    "pathParameters": {"name": "a/b ü"},
    "requestContext": {"stage": "api", "identity": {"sourceIp": "198.51.100.7"}},
    "body": base64.b64encode(b"\xff\x00").decode(),
    "isBase64Encoded": True,
}


def mirror() -> FastAPI:
    """An app that answers what it is asked."""
    router = APIRouter()

    @router.api_route("/{rest:path}", methods=["GET", "PUT"])
    async def answer(request: Request) -> Response:
        asked = {
            "method": request.method,
            "path": request.url.path,
            "raw_path": request.scope["raw_path"].decode(),
            "query": request.query_params.multi_items(),
            "headers": sorted(request.headers.items()),
            "body": base64.b64encode(await request.body()).decode(),
            "client": request.scope["client"][0],
        }
        response = Response(json.dumps(asked), headers={"Set-Cookie": "a=1"}, media_type="application/json")
        response.headers.append("Set-Cookie", "b=2")
        return response

    @router.delete("/binary")
    async def binary() -> Response:
        return Response(b"\xff\x00", media_type="application/octet-stream")

    return make("things", {"/api": router})


def test_a_service_sees_the_request_that_the_customer_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-1-1;Parent=1;Sampled=1")
    answer = function.asked(mirror(), EVENT)
    asked = json.loads(answer["body"])
    assert asked["method"] == "PUT"
    assert asked["path"] == "/api/things/a/b ü"
    assert asked["raw_path"] == "/api/things/a%2Fb%20%C3%BC"
    assert asked["query"] == [["sku", "s-1"], ["sku", "s&2"]]
    assert asked["body"] == EVENT["body"]
    assert asked["client"] == "198.51.100.7"
    assert asked["headers"] == [
        ["accept", "a"],
        ["accept", "b"],
        ["content-length", "2"],
        ["x-amzn-trace-id", "Root=1-1-1;Parent=1;Sampled=1"],
    ]


def test_who_signed_is_told_by_the_event_and_by_no_header() -> None:
    arn = "arn:aws:sts::111111111111:assumed-role/staff/grace"
    forged = {**EVENT, "multiValueHeaders": {CALLER_HEADER: [arn], "Content-Length": ["9"]}, "body": None}
    assert json.loads(function.asked(mirror(), forged)["body"])["headers"] == []
    signed = {**forged, "requestContext": {"stage": "api", "identity": {"userArn": arn}}}
    assert json.loads(function.asked(mirror(), signed)["body"])["headers"] == [[CALLER_HEADER.lower(), arn]]


def test_an_answer_keeps_all_values_of_a_header_and_its_text() -> None:
    answer = function.asked(mirror(), EVENT)
    assert answer["statusCode"] == 200
    assert answer["multiValueHeaders"]["set-cookie"] == ["a=1", "b=2"]
    assert answer["isBase64Encoded"] is False


def test_what_is_no_text_is_encoded() -> None:
    event = {**EVENT, "httpMethod": "DELETE", "resource": "/binary", "pathParameters": None}
    answer = function.asked(mirror(), event)
    assert (answer["isBase64Encoded"], base64.b64decode(answer["body"])) == (True, b"\xff\x00")


def test_an_event_of_the_api_never_names_a_path_outside_its_stage() -> None:
    event = {
        **EVENT,
        "httpMethod": "GET",
        "path": "/internal/stock",
        "pathParameters": {"name": "../../internal/stock"},
    }
    assert json.loads(function.asked(mirror(), event)["body"])["raw_path"].startswith("/api/things/")


def test_an_app_that_ends_without_an_answer_is_an_error() -> None:
    async def silent(_scope: Any, _receive: Any, _send: Any) -> None:
        return

    with pytest.raises(RuntimeError, match="must answer every request"):
        function.asked(silent, EVENT)  # pyright: ignore[reportArgumentType]


def test_messages_that_fail_come_again_and_the_others_do_not(shop: Shop, logged: Callable[[], list[Any]]) -> None:
    shop["customers"]
    changed = {"customer_id": "c-1", "order_id": "o-1", "changed_at": "2026-11-01T10:00:00Z", "status": "shipped"}
    good = json.dumps({"detail-type": "order.status-changed", "detail": changed})
    bodies = {"m-1": good, "m-2": "{", "m-3": json.dumps({"detail-type": "unknown", "detail": {}})}
    records = [{"messageId": name, "body": body} for name, body in bodies.items()]
    answer = function.heard(shop.apps["customers"], records)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-2"}, {"itemIdentifier": "m-3"}]}
    failed = [line for line in logged() if line["message"] == "message failed"]
    assert [(line["message_id"], line["cause"]) for line in failed] == [
        ("m-2", "ValidationError"),
        ("m-3", "LookupError"),
    ]


def test_the_clock_has_every_chore_done_and_tells_of_those_that_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    chores = [Chore("first", 5, lambda: 1 / 0), Chore("second", 5, lambda: done.append("second"))]
    of = make("things", {"/api": APIRouter()}, chores=chores)
    monkeypatch.setattr(function, "app", lambda: of)
    with pytest.raises(RuntimeError, match="1 of 2 chores failed"):
        function.handler({"source": "aws.events", "detail-type": "Scheduled Event"}, CONTEXT)
    assert done == ["second"]


@pytest.mark.usefixtures("shop")
def test_a_function_has_secrets_where_a_task_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = boto3.client("secretsmanager")
    plain = secrets.create_secret(Name="plain", SecretString="opaque")["ARN"]
    document = secrets.create_secret(Name="document", SecretString=json.dumps({"key": "value"}))["ARN"]
    first = secrets.describe_secret(SecretId=plain)["VersionIdsToStages"]
    secrets.put_secret_value(SecretId=plain, SecretString="rotated")
    (version,) = first
    for name, value in {"BEFORE": f"{plain}::AWSPREVIOUS:", "FIXED": f"{plain}:::{version}"}.items():
        monkeypatch.setenv(name, value)
    for name, value in {"PLAIN": plain, "OF_JSON": f"{document}:key::", "OTHER": "arn:aws:sqs:eu-west-1:1:q"}.items():
        monkeypatch.setenv(name, value)
    function.read_secrets()
    assert [os.environ[name] for name in ("BEFORE", "FIXED", "PLAIN", "OF_JSON", "OTHER")] == [
        "opaque",
        "opaque",
        "rotated",
        "value",
        "arn:aws:sqs:eu-west-1:1:q",
    ]


class _Client:
    """Lambda's API, with one answer."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def invoke(self, **_: Any) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return {"Payload": io.BytesIO(b"{}"), **self._answer}


@pytest.mark.parametrize(
    "answer",
    [
        ClientError({"Error": {"Code": "TooManyRequestsException"}}, "Invoke"),
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "Invoke"),
        {"FunctionError": "Unhandled"},
    ],
    ids=["throttled", "denied", "failed"],
)
def test_a_callee_that_does_not_answer_is_not_available(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    monkeypatch.setenv("STORE_INVENTORY_FUNCTION", "app-inventory-1")
    monkeypatch.setattr(invocations, "_lambda", lambda: _Client(answer))
    calls.client.cache_clear()
    try:
        with pytest.raises(ProblemError) as told:
            calls.call("inventory", "GET", "/internal/stock")
    finally:
        calls.client.cache_clear()
    assert told.value.status == 503


class _RuntimeApi(BaseHTTPRequestHandler):
    """https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

    events: list[dict[str, Any]]
    answers: list[Any]

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self.events:
            time.sleep(0.5)
            return
        body = json.dumps(self.events.pop(0)).encode()
        self.send_response(200)
        for name, value in {
            "Lambda-Runtime-Aws-Request-Id": CONTEXT.aws_request_id,
            "Lambda-Runtime-Deadline-Ms": "4000000000000",
            "Lambda-Runtime-Invoked-Function-Arn": CONTEXT.invoked_function_arn,
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.answers.append((self.path.rpartition("/")[2], json.loads(content)))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def runtime() -> type[_RuntimeApi]:
    class Api(_RuntimeApi):
        events, answers = [], []

    return Api


def test_the_runtime_interface_client_runs_a_service(runtime: type[_RuntimeApi]) -> None:
    runtime.events += [{**EVENT, "httpMethod": "GET", "resource": "/customers/me", "pathParameters": None}]
    with ThreadingHTTPServer(("127.0.0.1", 0), runtime) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        given = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "app-customers",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "STORE_SERVICE": "customers",
        }
        command = [sys.executable, "-m", "awslambdaric", "services.function.handler"]
        process = subprocess.Popen(
            command, env={"PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd(), **given}, stdout=subprocess.PIPE
        )
        try:
            for _ in range(600):
                if runtime.answers or process.poll() is not None:
                    break
                time.sleep(0.1)
        finally:
            process.kill()
            said = process.communicate()[0].decode()
        server.shutdown()
    assert runtime.answers, said
    (kind, answer), *_ = runtime.answers
    assert (kind, answer["statusCode"]) == ("response", 401)
    assert answer["multiValueHeaders"]["content-type"] == ["application/problem+json"]
    assert any(json.loads(line).get("route") == "/api/customers/me" for line in said.splitlines())


def test_a_span_is_a_subsegment_for_the_daemon() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(5)
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(Subsegments(f"127.0.0.1:{daemon.getsockname()[1]}")))
        tracer = provider.get_tracer("test")
        with tracer.start_as_current_span("GET /api/things/{name}", kind=trace.SpanKind.SERVER) as parent:
            attributes = {"rpc.system": "aws-api", "rpc.method": "GetItem", "http.status_code": 500}
            with tracer.start_as_current_span("DynamoDB.GetItem", kind=trace.SpanKind.CLIENT, attributes=attributes):
                pass
        inner, outer = (daemon.recv(65536).decode().partition("\n") for _ in range(2))
    assert json.loads(inner[0]) == {"format": "json", "version": 1}
    call, request = json.loads(inner[2]), json.loads(outer[2])
    context = parent.get_span_context()
    trace_id = f"{context.trace_id:032x}"
    assert call["trace_id"] == request["trace_id"] == f"1-{trace_id[:8]}-{trace_id[8:]}"
    assert call["parent_id"] == request["id"] == f"{context.span_id:016x}"
    assert (call["namespace"], call["aws"], call["fault"]) == ("aws", {"operation": "GetItem"}, True)
    assert request["name"] == "GET /api/things/name"
    assert call["start_time"] <= call["end_time"]


def test_a_token_is_verified_as_by_a_task(shop: Shop) -> None:
    assert shop["customers"].get("/api/customers/me").status_code == 401
    assert shop["customers"].get("/api/customers/me", headers=bearer("carts.read")).status_code == 403
