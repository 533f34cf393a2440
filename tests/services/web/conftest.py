"""The storefront in this process: its tables by moto, API, user pool and cache in memory."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from fastapi import FastAPI
from moto import mock_aws
from starlette.testclient import TestClient

from functions.common import names
from services.web.app import app
from services.web.payments import SIMULATED
from tests.clients import forget
from tests.services.web.browser import STORE, Browser, Memory, World, site_in

REGION = "eu-west-1"
TABLES = {"sessions": "session_id", "flags": "flag"}


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    """DynamoDB."""
    forget()
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            environment.setenv(name, value)
        yield boto3.resource("dynamodb")
    forget()


@pytest.fixture
def tables(moto: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Empty ones."""
    monkeypatch.setenv(SIMULATED, "true")
    for table in TABLES:
        monkeypatch.setenv(names.table_variable(table), table)
    return {table: _empty(moto, table, key) for table, key in TABLES.items()}


def _empty(moto: Any, name: str, key: str) -> Any:
    table = moto.Table(name)
    try:
        for item in table.scan()["Items"]:
            table.delete_item(Key={key: item[key]})
    except table.meta.client.exceptions.ResourceNotFoundException:
        moto.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    return table


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture(scope="module")
def shared_app() -> FastAPI:
    """Routes, once for all tests; each test gives it a site of its own."""
    return app()


@pytest.fixture
def open_browser(
    tables: dict[str, Any], world: World, memory: Memory, shared_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Browser]]:
    """Makes browsers, each with cookies of its own; one with settings comes to a process of its own."""
    assert tables
    monkeypatch.setattr("services.web.answers._PAUSE_SECONDS", 0)
    site = site_in(world, memory)
    monkeypatch.setattr("services.web.app._site", lambda: site)
    with ExitStack() as stack:

        def make(**config: Any) -> Browser:
            served = app(site_in(world, memory, **config)) if config else shared_app
            client = TestClient(served, base_url=config.get("store_url", STORE), follow_redirects=False)
            return Browser(stack.enter_context(client), world)

        yield make


@pytest.fixture
def browser(open_browser: Callable[..., Browser], world: World) -> Browser:
    world.api.sign_up("customer-1")
    return open_browser()
