"""The store's API, as the storefront calls it: at its own host, with the web tier's key and the customer's token."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from functions.common.log import cause, logger
from functions.common.names import CLIENT_HEADER
from services.web.outgoing import client

_NOT_ANSWERED = (500, 502, 503, 504)
_RETRY_AFTER_SECONDS = 0.1
_GOES_ON = "urn:store:problem:in-progress"
# `Retry-After` of the API's answer. An order takes a second or two; four waits with their calls, which time out after
# three seconds, end before the 30 seconds that CloudFront waits for a page.
_GOES_ON_SECONDS = 2
_GOES_ON_WAITS = 4


class ApiError(Exception):
    """The API did not do what was asked."""


class ApiDownError(ApiError):
    """It did not answer, or not sensibly. `uncertain`: the change may have been made all the same."""

    def __init__(self, *, uncertain: bool = False) -> None:
        super().__init__("the API does not answer")
        self.uncertain = uncertain


class NotFoundError(ApiError):
    """404."""


class SignedOutError(ApiError):
    """401: the token is not valid (any more)."""


class RefusedError(ApiError):
    """Any other 4xx; `problem` is the answer's problem document (RFC 9457), or empty."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"the API refuses with {status}")
        self.status = status
        self.problem = problem


@dataclass(frozen=True)
class Reply:
    body: Any
    """The JSON; None without a body."""
    etag: str | None


def path(*parts: str) -> str:
    """Path below the API's address; each part is one segment, whatever it contains.

    Raises:
        NotFoundError: a part is one that clients and servers resolve: `.`, `..`, or nothing.
    """
    if any(part in ("", ".", "..") for part in parts):
        raise NotFoundError
    return "/" + "/".join(quote(part, safe="") for part in parts)


class StoreApi:
    """Calls of one process, over connections that are kept."""

    def __init__(
        self,
        address: str,
        key: str,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client(transport, address, {"X-Api-Key": key})
        self._sleep = sleep

    async def close(self) -> None:
        await self._client.aclose()

    async def call(
        self,
        method: str,
        target: str,
        *,
        token: str | None = None,
        address: str | None = None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        patience_seconds: float | None = None,
    ) -> Reply:
        """Call the API. A request that goes on from an earlier call is waited for: its answer is that of this call.

        Args:
            address: The customer's, by which the API's web ACL counts.
            idempotency_key: Makes a POST safe to repeat.
            if_match: ETag of what the customer saw; a change in between is refused (409).
            patience_seconds: How long to wait for the answer, where that is not soon.

        Raises:
            ApiError: one of the kinds above.
        """
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if address is not None:
            headers[CLIENT_HEADER] = address
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        if if_match is not None:
            headers["If-Match"] = if_match
        request = self._client.build_request(method, target, params=query, json=body, headers=headers)
        if patience_seconds is not None:
            request.extensions["timeout"]["read"] = patience_seconds
        repeatable = method != "POST" or idempotency_key is not None
        answer = await self._send(request, repeatable, changes=method != "GET")
        for _ in range(_GOES_ON_WAITS):
            if not _goes_on(answer):
                break
            await self._sleep(_GOES_ON_SECONDS)
            answer = await self._send(request, repeatable, changes=True)
        return _judge(answer, request)

    async def _send(self, request: httpx.Request, repeatable: bool, *, changes: bool) -> httpx.Response:
        for last in (False, True) if repeatable else (True,):
            try:
                answer = await self._client.send(request)
            except httpx.TransportError as error:
                _log(request, cause(error))
                if last:
                    raise ApiDownError(uncertain=changes and not isinstance(error, httpx.ConnectError)) from error
            else:
                if answer.status_code not in _NOT_ANSWERED:
                    return answer
                _log(request, str(answer.status_code))
                if last:
                    raise ApiDownError(uncertain=changes)
            await self._sleep(_RETRY_AFTER_SECONDS)
        raise ApiDownError


def _goes_on(answer: httpx.Response) -> bool:
    """A request with the same idempotency key is still running. Without `Retry-After` the problem is another's, such as
    another payment of the order."""
    return answer.status_code == 409 and "Retry-After" in answer.headers and _problem(answer).get("type") == _GOES_ON


def _judge(answer: httpx.Response, request: httpx.Request) -> Reply:
    status = answer.status_code
    if status == 404:
        raise NotFoundError
    if status == 401:
        raise SignedOutError
    if status >= 300:
        _log(request, str(status))
        raise RefusedError(status, _problem(answer))
    etag = answer.headers.get("etag")
    try:
        return Reply(answer.json() if answer.content else None, etag)
    except ValueError as error:
        _log(request, "no JSON")
        raise ApiDownError(uncertain=request.method != "GET") from error


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        problem = answer.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _log(request: httpx.Request, why: str) -> None:
    # Paths name products and orders, no persons; queries stay out, for they hold what customers search for.
    logger.warning("api call failed", extra={"method": request.method, "path": request.url.path, "cause": why})
