"""What every app has: health, problems, a log without personal data, one port that it listens on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from fastapi import APIRouter
from pydantic import BaseModel

from functions.common import names
from functions.common.outbox import InvalidPayloadError, TryAgainError
from services.common import idempotency
from services.common.app import make
from services.common.problems import ProblemError
from tests.services.shop import InProcess, Shop

THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "ada@example.com"}}, "GetItem")


def client(raises: Exception | None = None, **checks: Callable[[], object]) -> httpx.Client:
    routes = APIRouter()

    @routes.get("/things/{thing}")
    def thing() -> None:
        if raises:
            raise raises

    return httpx.Client(transport=InProcess(make("test", {"/api": routes}, ready=checks)), base_url="http://test")


def broken() -> None:
    raise RuntimeError("ada@example.com")


def test_a_process_lives_and_is_ready_once_everything_is_reachable() -> None:
    assert client(table=broken).get("/health/live").status_code == 200
    assert client(table=lambda: None).get("/health/ready").json() == {"status": "ready"}
    answer = client(table=lambda: None, cache=broken).get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready", "failed": ["cache"]})


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (ProblemError(409, "no", kind="k", facts=1), 409),
        (InvalidPayloadError("no"), 400),
        (TryAgainError(), 409),
        (THROTTLED, 503),
        (ConnectTimeoutError(endpoint_url="x"), 503),
        (RuntimeError("ada@example.com"), 500),
    ],
)
def test_an_error_is_a_problem_and_the_log_says_its_kind_only(
    raised: Exception, status: int, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    answer = client(raised).get("/api/things/ada@example.com?token=ada@example.com")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert "retry-after" in answer.headers or status != 503
    text = json.dumps(logged()) + answer.text
    assert "ada@" not in text
    (line,) = [line for line in logged() if line["message"] == "request"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/api/things/{thing}", status)


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/api/things/", "/api/things/a/b", "/metrics"])
def test_there_is_nothing_else(path: str) -> None:
    answer = client().get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


class _Asked(BaseModel):
    total: int


def test_a_request_is_done_once_for_its_customer_and_key(shop: Shop) -> None:
    assert shop
    done: list[int] = []

    def do() -> dict[str, Any]:
        done.append(len(done))
        if len(done) == 1:
            raise ProblemError(503, "not yet")
        return {"order": len(done)}

    def once(customer: str = "c-1", key: str = "k-1", total: int = 5) -> Any:
        return idempotency.once("place", customer, key, _Asked(total=total), do)

    with pytest.raises(ProblemError):
        once()
    assert once() == once() == {"order": 2}, "what failed is tried anew, what succeeded is not done again"
    assert once(customer="c-2") == {"order": 3}
    assert once(key="k-2") == {"order": 4}
    with pytest.raises(ProblemError) as refused:
        once(total=6)
    assert refused.value.kind == "key-reused"


def test_a_request_that_is_still_going_on_is_not_begun_again(shop: Shop) -> None:
    assert shop

    def again() -> dict[str, Any]:
        return idempotency.once("place", "c-1", "k-1", _Asked(total=1), again)

    with pytest.raises(ProblemError) as refused:
        again()
    assert (refused.value.kind, refused.value.headers) == ("in-progress", {"Retry-After": "2"})


def test_a_service_that_the_image_does_not_have_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, names.SERVICE: "nothing"},
    )
    assert done.returncode == 1
    assert done.stderr.strip().endswith("and is nothing")
    assert "catalogue" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_process_serves_its_service_on_the_given_address_until_it_is_told_to_end() -> None:
    environment = {
        **os.environ,
        names.SERVICE: "catalogue",
        "STORE_HOST": "127.0.0.1",
        names.PORT: "0",
        names.INBOX_QUEUE_URL: "http://127.0.0.1:1/inbox",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "services"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    try:
        assert process.stdout
        line = next(line for line in process.stdout if "serving" in line)
        facts = json.loads(line)
        answer = httpx.get(f"http://127.0.0.1:{facts['port']}/health/live", trust_env=False, timeout=30)
        assert answer.json() == {"status": "live"}
        process.send_signal(signal.SIGTERM)
        # uvicorn ends by the signal that it was sent, once everything is done.
        assert process.wait(60) == -signal.SIGTERM
    finally:
        process.kill()
        process.wait()
