"""The services in this process: AWS's APIs by moto, the issuer of tokens, and calls from one service to another."""

import asyncio
import io
import json
import os
from importlib import import_module
from typing import Any

import boto3
import httpx
import pytest
from boto3.dynamodb.conditions import Key
from botocore.exceptions import EndpointConnectionError
from fakeredis import FakeRedis, FakeServer
from fastapi import FastAPI

from functions.common import names
from services import function
from services.common import cache, calls, invocations
from services.common.settings import module
from settings.stack_files import stack_settings
from tests.functions.cloud import assert_fits_its_schema, make_table
from tests.services.as_function import CONTEXT, AsFunction
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


_LABELS = ("carts", "catalogue", "customers", "inventory", "orders", "payments")


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


class _Lambda:
    """Lambda's API, of the functions that are services."""

    def __init__(self, shop: "Shop") -> None:
        self._shop = shop

    def invoke(self, **given: str) -> dict[str, Any]:
        service = given["FunctionName"]
        if service in self._shop.down:
            raise EndpointConnectionError(endpoint_url="https://lambda.eu-west-1.amazonaws.com")
        answer = self._shop.invoked(service, json.loads(given["Payload"]))
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(answer).encode())}


class Shop:
    """Empty tables, and any service by its label. `shop["orders"]` is a client of it.

    A service calls another in the same process. Its inbox does not work by itself: `hear` hands over an event.
    """

    def __init__(self, environment: pytest.MonkeyPatch, *, functions: bool = False) -> None:
        """
        Args:
            functions: Services run as Lambda functions, and not as tasks.
        """
        self._environment, self._functions = environment, functions
        self._clients: dict[str, httpx.Client] = {}
        self.apps: dict[str, FastAPI] = {}
        self._loops: list[asyncio.AbstractEventLoop] = []
        self.down: set[str] = set()
        """Services that do not answer calls."""
        for name, value in ENVIRONMENT.items():
            environment.setenv(name, value)
        self._tables: Any = boto3.resource("dynamodb")
        tables = {
            name: design for one in stack_settings().values() for name, (_, design) in one.data.tables.all.items()
        }
        for name, design in tables.items():
            make_table(name, design)
            environment.setenv(names.table_variable(name), name)
        self.cache = FakeRedis(server=FakeServer(), decode_responses=True)
        environment.setattr(cache, "connect", lambda: self.cache)
        keys = httpx.Client(transport=httpx.MockTransport(answer_keys))
        environment.setattr(httpx, "get", keys.get)
        way = httpx.MockTransport(self._called)
        if functions:
            for label in _LABELS:
                environment.setenv(names.function_variable(label), label)
            environment.setattr(invocations, "_lambda", lambda: _Lambda(self))
            environment.setattr(calls, "client", lambda: httpx.Client(transport=way, mounts=invocations.mounts()))
        else:
            environment.setattr(calls, "client", lambda: httpx.Client(transport=way))

    def __getitem__(self, service: str) -> httpx.Client:
        if service not in self._clients:
            self._environment.setenv(names.SERVICE, service)
            self.apps[service] = import_module(module(service)).app()
            transport = (
                AsFunction(service, lambda event: self.invoke(service, event))
                if self._functions
                else InProcess(self.apps[service])
            )
            self._clients[service] = httpx.Client(transport=transport, base_url=f"http://{service}:8080")
        self._environment.setenv(names.EVENT_SOURCE, f"store.{service}")
        return self._clients[service]

    def invoke(self, service: str, event: Any) -> Any:
        """What the function of a service answers."""
        self[service]
        # Two invocations at once have an execution environment each.
        loop = next((one for one in self._loops if not one.is_running()), None)
        if loop is None:
            loop = asyncio.new_event_loop()
            self._loops.append(loop)
        with pytest.MonkeyPatch.context() as within:
            within.setattr(function, "app", lambda: self.apps[service])
            within.setattr(function, "_loop", lambda: loop)
            return function.handler(event, CONTEXT)

    def invoked(self, service: str, event: Any) -> Any:
        """As `invoke`, for a call: the caller's own source of events is the caller's again afterwards."""
        caller = os.environ[names.EVENT_SOURCE]
        try:
            return self.invoke(service, event)
        finally:
            self._environment.setenv(names.EVENT_SOURCE, caller)

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

    def close(self) -> None:
        for loop in self._loops:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    @property
    def client(self) -> Any:
        """Client of the tables that no service uses."""
        return self._tables.meta.client

    def hear(self, service: str, detail_type: str, detail: dict[str, Any]) -> None:
        """Have a service's inbox handle an event.

        Raises:
            Exception: what the handler raises; the message would come again. `RuntimeError`, where the function only
                reports the message.
        """
        self[service]  # the events that the handler writes are this service's
        if self._functions:
            body = json.dumps({"detail-type": detail_type, "detail": detail})
            answer = self.invoke(service, {"Records": [{"messageId": "m-1", "body": body}]})
            if answer != {"batchItemFailures": []}:
                assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
                raise RuntimeError("the message comes again")
            return
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
