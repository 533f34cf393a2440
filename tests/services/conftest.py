"""The shop, and what services have logged."""

import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import pytest
from botocore.client import BaseClient
from moto import mock_aws

from functions.common.log import logger
from tests.clients import forget
from tests.services.shop import Shop

AS_FUNCTIONS = os.environ.get("STORE_TEST_FORM") == "functions"
"""Whether services run as functions, which `make test-soak` has them do, or as tasks."""


@contextmanager
def open_shop(environment: pytest.MonkeyPatch) -> Iterator[Shop]:
    lock, call = RLock(), BaseClient._make_api_call

    def one_at_a_time(*args: Any) -> Any:
        """DynamoDB's transactions are atomic; moto's are between one thread's calls."""
        with lock:
            return call(*args)

    forget()
    with mock_aws():
        environment.setattr(BaseClient, "_make_api_call", one_at_a_time)
        made = Shop(environment, functions=AS_FUNCTIONS)
        yield made
        made.close()
    forget()


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with open_shop(monkeypatch) as made:
        yield made


@pytest.fixture
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the services have logged."""
    written = io.StringIO()
    handler: Any = logger.registered_handler
    stream = handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    handler.setStream(stream)
