"""The services in this process: AWS's APIs by moto, the issuer of tokens, and calls from one service to another."""

import asyncio
import json
import os
from importlib import import_module
from typing import Any

import boto3
import httpx
import pytest
from boto3.dynamodb.conditions import Key
from fakeredis import FakeRedis, FakeServer
from fastapi import FastAPI

from functions.common import names
from services.common import cache, calls
from settings.data import DESIGNS
from tests.functions.cloud import assert_fits_its_schema, make_table
from tests.services.tokens import ISSUER, answer_keys

REGION = "eu-west-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    names.TOKEN_ISSUER: ISSUER,
    names.STORE_URL: "https://store.test",
}


class InProcess(httpx.BaseTransport):
    """An ASGI app, asked as over HTTP."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        whole = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        answer = await self._transport.handle_async_request(whole)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


class Shop:
    """Empty tables, and any service by its label. `shop["orders"]` is a client of it.

    A service calls another in the same process. Its inbox does not work by itself: `hear` hands over an event.
    """

    def __init__(self, environment: pytest.MonkeyPatch) -> None:
        self._environment = environment
        self._clients: dict[str, httpx.Client] = {}
        self.apps: dict[str, FastAPI] = {}
        self.down: set[str] = set()
        """Services that do not answer calls."""
        for name, value in ENVIRONMENT.items():
            environment.setenv(name, value)
        self._tables: Any = boto3.resource("dynamodb")
        for name, design in DESIGNS.items():
            make_table(name, design)
            environment.setenv(names.table_variable(name), name)
        self.cache = FakeRedis(server=FakeServer(), decode_responses=True)
        environment.setattr(cache, "connect", lambda: self.cache)
        keys = httpx.Client(transport=httpx.MockTransport(answer_keys))
        environment.setattr(httpx, "get", keys.get)
        environment.setattr(calls, "client", lambda: httpx.Client(transport=httpx.MockTransport(self._called)))

    def __getitem__(self, service: str) -> httpx.Client:
        if service not in self._clients:
            self._environment.setenv(names.SERVICE, service)
            self.apps[service] = import_module(f"services.{service}.app").app()
            transport = InProcess(self.apps[service])
            self._clients[service] = httpx.Client(transport=transport, base_url=f"http://{service}:8080")
        self._environment.setenv(names.EVENT_SOURCE, f"store.{service}")
        return self._clients[service]

    def _called(self, request: httpx.Request) -> httpx.Response:
        """A call between services. The caller's own source of events is the caller's again afterwards."""
        service = request.url.host
        if service in self.down:
            raise httpx.ConnectError("down", request=request)
        caller = os.environ[names.EVENT_SOURCE]
        try:
            answer = self[service].request(
                request.method, request.url, headers=request.headers, content=request.content
            )
        finally:
            self._environment.setenv(names.EVENT_SOURCE, caller)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def client(self) -> Any:
        """Client of the tables that no service uses."""
        return self._tables.meta.client

    def hear(self, service: str, detail_type: str, detail: dict[str, Any]) -> None:
        """Have a service's inbox handle an event.

        Raises:
            Exception: what the handler raises; the message would come again.
        """
        self[service]  # the events that the handler writes are this service's
        self.apps[service].state.inbox.handle(json.dumps({"detail-type": detail_type, "detail": detail}))

    # Tables

    def put(self, table: str, **item: Any) -> None:
        self._tables.Table(table).put_item(Item=item)

    def items(self, table: str, prefix: str = "") -> list[dict[str, Any]]:
        """Items whose sort key begins so."""
        found = self._tables.Table(table).scan()["Items"]
        return sorted((item for item in found if item["item"].startswith(prefix)), key=lambda item: item["item"])

    def item(self, table: str, **key: str) -> dict[str, Any] | None:
        return self._tables.Table(table).get_item(Key=key).get("Item")

    def query(self, table: str, index: str, **key: Any) -> list[dict[str, Any]]:
        (name, value), *_ = key.items()
        answer = self._tables.Table(table).query(IndexName=index, KeyConditionExpression=Key(name).eq(value))
        return answer["Items"]

    def told(self, table: str, detail_type: str | None = None) -> list[dict[str, Any]]:
        """Details of the events in the table's outbox, each by its schema."""
        return [detail for name, detail in self.outbox(table) if detail_type in (None, name)]

    def outbox(self, table: str) -> list[tuple[str, dict[str, Any]]]:
        """Type and detail of the events in the table's outbox, each by its schema."""
        found = [_plain(item) for item in self.items(table, names.EVENT_PREFIX)]
        for event in found:
            assert_fits_its_schema(event)
        return [(event["detail_type"], event["detail"]) for event in found]


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(item, default=int))
