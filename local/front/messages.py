"""HTTP messages as the front hands them on: whole, since API Gateway and web ACLs read bodies before they forward."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final
from urllib.parse import parse_qsl, unquote

import httpx
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

MAX_BODY: Final = 10 * 1024 * 1024
"""Bytes; API Gateway's limit
(https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html)."""
# https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
_HOP: Final = (
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"),
    *("transfer-encoding", "upgrade", "content-length"),
)

Pairs = tuple[tuple[str, str], ...]


def _all(pairs: Pairs, name: str) -> list[str]:
    return [value for key, value in pairs if key == name]


def without(pairs: Iterable[tuple[str, str]], names: Iterable[str]) -> Pairs:
    """Headers but those with one of the names, which are in lower case."""
    left_out = frozenset(names)
    return tuple((key, value) for key, value in pairs if key not in left_out)


def having(pairs: Iterable[tuple[str, str]], values: Mapping[str, str]) -> Pairs:
    """Headers with these values in place of the present ones."""
    return (*without(pairs, values), *values.items())


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request. Names of headers are in lower case, `target` is the path as sent, percent-encoded."""

    method: str = "GET"
    target: str = "/"
    query: str = ""
    headers: Pairs = ()
    body: bytes = field(default=b"", repr=False)
    client: str = "127.0.0.1"

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(self.target)

    def header(self, name: str) -> str | None:
        """Value of a header; several are joined."""
        return ",".join(found) if (found := _all(self.headers, name)) else None

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Names and values of the query string, decoded."""
        return parse_qsl(self.query, keep_blank_values=True)

    def with_headers(self, values: Mapping[str, str]) -> "Call":
        return replace(self, headers=having(self.headers, values))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A response."""

    status: int
    headers: Pairs = ()
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def text(cls, status: int, text: str, kind: str = "text/plain", **headers: str) -> "Answer":
        """
        Args:
            kind: Content type.
            headers: Further headers; `_` in a name stands for `-`.
        """
        pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return cls(status=status, headers=(("content-type", kind), *pairs), body=text.encode())

    def header(self, name: str) -> str | None:
        """Value of a header; several are joined."""
        return ",".join(found) if (found := _all(self.headers, name)) else None


Handler = Callable[[Call], Awaitable[Answer]]


class HttpApp:
    """An ASGI app that reads requests whole and has a handler answer them.

    Of a body above `MAX_BODY` the handler gets one byte more than that, which it must refuse.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"an app must be given HTTP requests; received {scope['type']}")
        answer = await self._handler(_call(scope, await _body(receive)))
        await _send(answer, send, bodiless=scope["method"] == "HEAD")


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size <= MAX_BODY:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body", False):
            break
    return b"".join(parts)[: MAX_BODY + 1]


def _call(scope: Scope, body: bytes) -> Call:
    raw = scope.get("raw_path") or scope["path"].encode()
    return Call(
        method=scope["method"],
        target=raw.partition(b"?")[0].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=tuple(Headers(scope=scope).items()),
        body=body,
        client=(scope.get("client") or ("127.0.0.1", 0))[0],
    )


async def _send(answer: Answer, send: Send, *, bodiless: bool) -> None:
    # The server has a date of its own.
    headers = [*without(answer.headers, ("content-length", "transfer-encoding", "date"))]
    if answer.status not in (204, 304) and (answer.body or not bodiless):
        headers.append(("content-length", str(len(answer.body))))
    encoded = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if bodiless else answer.body})


class Unreachable(Exception):
    """Nobody answers at an address; the text says how."""


class Forwarder:
    """Sends requests to addresses on this machine."""

    def __init__(self) -> None:
        # Redirects are the caller's, and a proxy of the caller's environment must not see what stays on this machine.
        # Callers share it: a cookie that it kept would make the next one somebody else.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        # Requests wait for others that wait for further ones, so no number of connections is enough. A server may close
        # idle ones after five seconds (uvicorn), and a request on such a one would fail.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=2)
        self._client = httpx.AsyncClient(trust_env=False, follow_redirects=False, cookies=no_cookies, limits=limits)

    async def send(self, call: Call, address: tuple[str, int], *, timeout: float) -> Answer:
        """
        Args:
            timeout: Seconds for the whole answer.

        Raises:
            Unreachable: no connection, or the other end closed it.
            TimeoutError: no answer in time.
        """
        host, port = address
        headers = [*without(call.headers, _HOP), ("content-length", str(len(call.body)))]
        request = self._client.build_request(
            call.method,
            f"http://{host}:{port}",
            headers=headers,
            content=call.body,
            timeout=None,
            # As it came: a URL would lose dot segments and encode letters anew.
            extensions={"target": _raw_path(call)},
        )
        for name in {"accept", "accept-encoding", "user-agent"} - {name for name, _ in call.headers}:
            del request.headers[name]
        try:
            async with asyncio.timeout(timeout):
                response = await self._client.send(request, stream=True)
                try:
                    body = b"".join([part async for part in response.aiter_raw()])
                finally:
                    await response.aclose()
        except httpx.TransportError as problem:
            raise Unreachable(f"{host}:{port}: {type(problem).__name__}") from problem
        received = tuple(
            (key.decode("latin-1").lower(), value.decode("latin-1")) for key, value in response.headers.raw
        )
        return Answer(status=response.status_code, headers=without(received, _HOP), body=body)

    async def close(self) -> None:
        await self._client.aclose()


def _raw_path(call: Call) -> bytes:
    return (f"{call.target}?{call.query}" if call.query else call.target).encode("latin-1")
