"""What is behind the methods of a REST API: services by a VPC link, functions, and mocks."""

import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from local.errors import LocalError
from local.front.api_routes import Matched, Route
from local.front.balancer import Balancer
from local.front.gateway_responses import Refused
from local.front.lambda_permissions import may_invoke
from local.front.messages import Answer, Call, having, without
from local.front.ports import Functions, SecurityGroups
from local.front.proxy_event import proxy_event
from local.journal import Journal
from local.state import Deployed

_LINK: Final = "aws:apigatewayv2/vpcLink:VpcLink"
_PRINCIPAL: Final = "apigateway.amazonaws.com"
_FUNCTION: Final = re.compile(r"arn:aws[^:]*:apigateway:[^:]+:lambda:path/[^/]+/functions/([^/]+)/invocations")
_SOURCE: Final = re.compile(r"(?:method\.request\.(path|querystring|header)|context)\.([A-Za-z0-9_.-]+)")
_TARGET: Final = re.compile(r"integration\.request\.(path|querystring|header)\.([A-Za-z0-9_.-]+)")
_DEFAULT_TIMEOUT_MS: Final = 29_000
# API Gateway renames these of a response
# (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html).
_RENAMED: Final = ("date", "server", "www-authenticate")


@dataclass(frozen=True)
class Request:
    """A request that API Gateway has accepted."""

    call: Call
    matched: Matched
    context: Mapping[str, str]
    """`$context` by dotted names."""
    claims: Mapping[str, Any]


Integration = Callable[[Request], Awaitable[Answer]]


@dataclass(frozen=True)
class Integrations:
    """Makes integrations of methods."""

    deployed: Deployed
    balancer: Callable[[str], Balancer]
    functions: Functions
    groups: SecurityGroups
    journal: Journal
    execution_arn: str
    stage: str

    def of(self, route: Route) -> Integration:
        """
        Raises:
            LocalError: the method has no integration, or one that is not known here.
        """
        match (route.integration or {}).get("type"):
            case "HTTP_PROXY":
                return self._to_service(route)
            case "AWS_PROXY":
                return self._to_function(route)
            case "MOCK":
                return self._mock(route)
        raise LocalError(
            f"{route.method} {route.path} of the API must have an integration of type HTTP_PROXY, AWS_PROXY or MOCK;"
            f" found {(route.integration or {}).get('type')}"
        )

    def _to_service(self, route: Route) -> Integration:
        given = route.integration or {}
        link = next((link for link in self.deployed.of_type(_LINK) if link.id == given.get("connectionId")), None)
        if link is None or not given.get("integrationTarget"):
            raise LocalError(f"{route.method} {route.path} of the API must lead to a load balancer through a VPC link")
        balancer = self.balancer(given["integrationTarget"])
        mappings = [_Mapping.of(route, *pair) for pair in (given.get("requestParameters") or {}).items()]
        uri = urlsplit(given["uri"])
        timeout = int(given.get("timeoutMilliseconds") or _DEFAULT_TIMEOUT_MS) / 1000
        groups = link.outputs["securityGroupIds"]

        async def ask(request: Request) -> Answer:
            verdict = self.groups.allows(groups, balancer.groups, balancer.port)
            self.journal.connection("api", balancer.name, balancer.port, verdict.allowed, verdict.why)
            if not verdict.allowed:
                raise Refused("INTEGRATION_FAILURE", "Network error communicating with endpoint")
            sent = _mapped(request, mappings, uri.path, uri.netloc)
            answer = await balancer.answer(sent, timeout=timeout)
            return replace(answer, headers=_renamed(answer))

        return ask

    def _to_function(self, route: Route) -> Integration:
        found = _FUNCTION.fullmatch((route.integration or {}).get("uri") or "")
        if found is None:
            raise LocalError(f"{route.method} {route.path} of the API must name a function in its URI")
        function_arn = found[1]
        pattern = f"{self.execution_arn}/{self.stage}/{route.method}{route.path}"
        source_arn = re.sub(r"\{[^}]+\}", "*", pattern)
        permitted = may_invoke(self.deployed, _PRINCIPAL, function_arn, source_arn)

        async def ask(request: Request) -> Answer:
            why = "a permission of the function" if permitted else "the function has no permission for the method"
            self.journal.call(_PRINCIPAL, "lambda:InvokeFunction", function_arn, permitted, why)
            if not permitted:
                raise Refused("DEFAULT_5XX", "Invalid permissions on Lambda function")
            event = proxy_event(request.call, request.matched, request.context, request.claims, self.stage)
            payload, error = await self.functions.invoke(function_arn, event)
            if error is not None:
                raise Refused("DEFAULT_5XX", "Internal server error", status=502)
            return answer_of(payload)

        return ask

    def _mock(self, route: Route) -> Integration:
        templates = (route.integration or {}).get("requestTemplates") or {}
        try:
            status = int(json.loads(templates["application/json"])["statusCode"])
        except (KeyError, ValueError) as problem:
            raise LocalError(
                f"the mock of {route.method} {route.path} of the API must give a status for application/json: {problem}"
            ) from None

        async def ask(_: Request) -> Answer:
            return Answer(status=status, headers=(("content-type", "application/json"),))

        return ask


@dataclass(frozen=True)
class _Mapping:
    place: str
    name: str
    fixed: str | None
    source: str
    source_name: str

    @classmethod
    def of(cls, route: Route, target: str, source: str) -> "_Mapping":
        at = _TARGET.fullmatch(target)
        if at is not None and re.fullmatch("'[^']*'", source):
            return cls(at[1], at[2], source[1:-1], "", "")
        found = _SOURCE.fullmatch(source)
        if at is None or found is None:
            raise LocalError(
                f"{route.method} {route.path} of the API must map parameters from the method, `context` or a constant;"
                f" found {target}: {source}"
            )
        return cls(at[1], at[2], None, found[1] or "context", found[2])

    def value(self, request: Request) -> str | None:
        """None if the request does not have it."""
        if self.fixed is not None:
            return self.fixed
        match self.source:
            case "path":
                return request.matched.parameters.get(self.source_name)
            case "querystring":
                return dict(request.call.parameters).get(self.source_name)
            case "header":
                return request.call.header(self.source_name.lower())
        return request.context.get(self.source_name)


def _mapped(request: Request, mappings: list[_Mapping], path: str, host: str) -> Call:
    """The request to the service."""
    call, headers, query = request.call, {"host": host}, request.call.query
    for mapping in mappings:
        value = mapping.value(request)
        if value is None:
            continue
        match mapping.place:
            case "path":
                path = path.replace(f"{{{mapping.name}}}", quote(value, safe=""))
            case "header":
                headers[mapping.name.lower()] = value
            case _:
                others = [part for part in query.split("&") if part and unquote(part.partition("=")[0]) != mapping.name]
                query = "&".join([*others, f"{quote(mapping.name)}={quote(value)}"])
    headers["x-amzn-apigateway-api-id"] = request.context["apiId"]
    return replace(call, target=path, query=query, headers=having(call.headers, headers))


def _renamed(answer: Answer) -> tuple[tuple[str, str], ...]:
    renamed = [(f"x-amzn-remapped-{name}", value) for name, value in answer.headers if name in _RENAMED]
    return (*without(answer.headers, _RENAMED), *renamed)


def answer_of(payload: Any) -> Answer:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html"""
    malformed = Refused("DEFAULT_5XX", "Malformed Lambda proxy response", status=502)
    if not isinstance(payload, dict) or not str(payload.get("statusCode", "")).isdigit():
        raise malformed
    body = payload.get("body") or ""
    single, multiple = payload.get("headers") or {}, payload.get("multiValueHeaders") or {}
    if not isinstance(body, str) or not isinstance(single, dict) or not isinstance(multiple, dict):
        raise malformed
    headers = [(name.lower(), str(value)) for name, value in single.items() if name not in multiple]
    headers += [(name.lower(), str(value)) for name, values in multiple.items() for value in values]
    try:
        raw = base64.b64decode(body, validate=True) if payload.get("isBase64Encoded") else body.encode()
    except binascii.Error:
        raise malformed from None
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    return Answer(status=int(payload["statusCode"]), headers=tuple(headers), body=raw)
