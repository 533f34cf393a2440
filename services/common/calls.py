"""Calls from service to service, by Service Connect's names, or by an invocation where the callee is a function.

A proxy of the environment (HTTP_PROXY) is honoured."""

from functools import cache
from typing import Any

import httpx

from functions.common.log import cause, logger
from services.common.invocations import mounts
from services.common.problems import unavailable

_PORT = 8080
_TIMEOUT = httpx.Timeout(3, connect=1)
# A repeated POST or PATCH could be done twice.
_IDEMPOTENT = ("GET", "PUT", "DELETE")


@cache
def client() -> httpx.Client:
    """The one client of the process, with its connections kept. Redirects are not followed."""
    return httpx.Client(timeout=_TIMEOUT, headers={"User-Agent": "web-store"}, mounts=mounts())


def call(
    service: str,
    method: str,
    path: str,
    *,
    token: str | None = None,
    json: Any = None,
    params: Any = None,
    headers: dict[str, str] | None = None,
    again: bool | None = None,
) -> httpx.Response:
    """Answer of another service, whatever its status below 500.

    Args:
        service: Label of a service that the entry of this one `calls`.
        path: Such as `/internal/stock` or `/api/carts`.
        token: Access token of the customer for whom this call is made.
        again: Try a second time if the first fails; without it GET, PUT and DELETE are.

    Raises:
        ProblemError: 503, the service does not answer, or answers 5xx or 429.
    """
    authorization = {"Authorization": f"Bearer {token}"} if token else {}
    attempts = 2 if (method in _IDEMPOTENT if again is None else again) else 1
    for attempt in range(attempts):
        try:
            answer = client().request(
                method,
                f"http://{service}:{_PORT}{path}",
                json=json,
                params=params,
                headers={**(headers or {}), **authorization},
            )
        except httpx.TransportError as error:
            why = cause(error)
        else:
            if answer.status_code < 500 and answer.status_code != 429:
                return answer
            why = str(answer.status_code)
        logger.warning("call failed", extra={"callee": service, "cause": why, "attempt": attempt + 1})
    raise unavailable(service)
