"""A service as a Lambda function: each HTTP request as the event that Lambda would get for it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import httpx

from functions.common.names import CALLER_HEADER
from local.front.api_integrations import answer_of
from local.front.api_routes import Matched, Route
from local.front.messages import Call
from local.front.proxy_event import proxy_event
from services.common.proxy_event import event_of
from settings.endpoints import ROOT
from tests.services.contract import declared

CONTEXT: Any = SimpleNamespace(
    function_name="app-things",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:111111111111:function:app-things",
    aws_request_id="00000000-0000-4000-8000-000000000000",
)
"""What the log reads of the context."""
_VALUES = {
    name: name
    for name in (
        "accountId",
        "apiId",
        "requestId",
        "extendedRequestId",
        "domainName",
        "resourcePath",
        "requestTime",
        "path",
    )
} | {"requestTimeEpoch": "1790000000000"}


@dataclass(frozen=True)
class AsFunction(httpx.BaseTransport):
    """The answer of a function to a request, which API Gateway passes on if a route is declared for it, and a calling
    service otherwise."""

    service: str
    invoke: Callable[[Any], Any]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path, _, _ = request.url.raw_path.decode("ascii").partition("?")
        matched = self._matched(request.method, path)
        event = (
            event_of(request.method, request.url.raw_path, request.headers, request.read())
            if matched is None
            else _from_the_api(request, *matched)
        )
        answer = answer_of(json.loads(json.dumps(self.invoke(json.loads(json.dumps(event))))))
        return httpx.Response(answer.status, headers=list(answer.headers), content=answer.body)

    def _matched(self, method: str, path: str) -> tuple[Matched, bool] | None:
        """The route, and whether it is one of machines."""
        asked = path.split("/")
        for endpoint in declared()[self.service]:
            parts = f"/{ROOT}{endpoint.path}".split("/")
            pairs = list(zip(parts, asked, strict=False))
            if endpoint.method != method or len(parts) != len(asked):
                continue
            if all(part == given or part.startswith("{") for part, given in pairs):
                values = {part[1:-1]: unquote(given) for part, given in pairs if part.startswith("{")}
                route = Route(method, endpoint.path, {"resourceId": "r-1"}, None)
                return Matched(route, values), endpoint.auth == "iam"
        return None


def _from_the_api(request: httpx.Request, matched: Matched, is_signed: bool) -> Mapping[str, Any]:
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    # API Gateway keeps the bytes of headers that are no ASCII.
    headers = tuple((name.decode().lower(), value.decode()) for name, value in request.headers.raw)
    call = Call(
        method=request.method,
        target=path.removeprefix(f"/{ROOT}"),
        query=query,
        headers=headers,
        body=request.read(),
        client="198.51.100.7",
    )
    caller = {"identity.userArn": request.headers.get(CALLER_HEADER)} if is_signed else {}
    return proxy_event(call, matched, _VALUES | caller, {}, ROOT)
