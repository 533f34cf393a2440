"""How every service's app is made: routes, health, problems, log, traces, inbox."""

import time
import traceback
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.common.aws import dynamodb
from functions.common.log import cause, logger
from services.common.chores import Chore
from services.common.inbox import Inbox, Subscription
from services.common.problems import ProblemError, answer_problems
from services.common.settings import table
from services.common.tracing import trace_requests

Check = Callable[[], object]
"""Raises where something that the service needs is not reachable."""


def reads(name: str, **key: str) -> Check:
    """Check that a table of the service's entry can be read.

    Args:
        key: Names and any values of the table's key.
    """
    return lambda: dynamodb().get_item(TableName=table(name), Key=key)


def make(
    service: str,
    routers: Mapping[str, APIRouter],
    *,
    ready: Mapping[str, Check] | None = None,
    subscriptions: Mapping[str, Subscription] | None = None,
    chores: Sequence[Chore] = (),
) -> FastAPI:
    """
    Args:
        service: Label of the service.
        routers: Prefix, such as `/api/carts`, `/internal` or the empty one, to the routes below it.
        ready: Name of each thing that the service cannot do without, and the check of it.
        subscriptions: Events that the service consumes; with any, the app works its inbox while it runs.
        chores: What it does beside, while it runs.

    Returns:
        App with the routes, `/health/live` and `/health/ready`, and nothing else: no pages of FastAPI's own. Its
        `state.inbox` is the `Inbox`, if it has one, and `state.chores` what it does beside; they work in its lifespan.
    """
    inbox = Inbox(subscriptions) if subscriptions else None
    workers = [*([inbox] if inbox else []), *chores]

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        dynamodb()  # boto3 makes clients in one thread only
        for worker in workers:
            worker.start()
        yield
        for worker in workers:
            await run_in_threadpool(worker.stop)

    app = FastAPI(
        title=service, lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.inbox, app.state.chores = inbox, tuple(chores)
    answer_problems(app)
    for prefix, router in routers.items():
        app.include_router(router, prefix=prefix)
    app.include_router(_health(ready or {}))
    app.add_middleware(_Logged, prefixes=tuple(routers))
    trace_requests(app)
    return app


def _health(ready: Mapping[str, Check]) -> APIRouter:
    health = APIRouter(prefix="/health")

    @health.get("/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @health.get("/ready")
    def answer() -> JSONResponse:
        failed = [name for name, check in ready.items() if not _passes(name, check)]
        if failed:
            return JSONResponse({"status": "not ready", "failed": failed}, 503)
        return JSONResponse({"status": "ready"})

    return health


def _passes(name: str, check: Check) -> bool:
    try:
        check()
    except Exception as error:  # noqa: BLE001 whatever fails, the service is not ready
        logger.warning("not ready", extra={"check": name, "cause": cause(error)})
        return False
    return True


class _Logged:
    """One line of log a request, without path values, query, headers or body: they may be personal. An error that
    nobody expected is answered as a problem, and logged by its kind and place, without its message."""

    def __init__(self, app: ASGIApp, prefixes: Sequence[str]) -> None:
        self._app, self._prefixes = app, prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/health/"):
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            logger.error("request failed", extra={"cause": cause(error), "at": f"{place.filename}:{place.lineno}"})
            if status:  # the answer has begun: nothing but its end can tell the client
                raise
            problem = ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "the store failed; try again later")
            await problem.response()(scope, receive, noted)
        facts: dict[str, Any] = {"method": scope["method"], "route": self._route(scope)}
        logger.info("request", extra={**facts, "status": status, "ms": round((time.monotonic() - began) * 1000)})

    def _route(self, scope: Scope) -> str | None:
        """Path of the route as it is declared; None for a path that is none."""
        route = getattr(scope.get("route"), "path", None)
        prefix = max((prefix for prefix in self._prefixes if scope["path"].startswith(prefix)), key=len, default="")
        return None if route is None else prefix + route
