"""The storefront in this process: its tables by moto, API, user pool and cache in memory."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from moto import mock_aws
from starlette.testclient import TestClient

from functions.common import aws, names
from services.web.payments import SIMULATED
from tests.services.web.browser import STORE, Browser, Memory, World, make_app

REGION = "eu-west-1"
TABLES = {"sessions": "session_id", "flags": "flag"}


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        SIMULATED: "true",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        made = {}
        for table, key in TABLES.items():
            made[table] = boto3.resource("dynamodb").create_table(
                TableName=table,
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            monkeypatch.setenv(names.table_variable(table), table)
        yield made
    aws.dynamodb.cache_clear()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def open_browser(tables: dict[str, Any], world: World, memory: Memory) -> Iterator[Callable[..., Browser]]:
    """Makes browsers, each with cookies of its own."""
    assert tables
    with ExitStack() as stack:

        def make(**config: Any) -> Browser:
            client = TestClient(
                make_app(world, memory, **config),
                base_url=config.get("store_url", STORE),
                follow_redirects=False,
                raise_server_exceptions=True,
            )
            return Browser(stack.enter_context(client), world)

        yield make


@pytest.fixture
def browser(open_browser: Callable[..., Browser], world: World) -> Browser:
    world.api.sign_up("customer-1")
    return open_browser()
