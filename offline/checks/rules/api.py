"""API Gateway: REST, HTTP and WebSocket APIs."""

import re
from collections.abc import Iterator

from offline.checks.block import Block
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule

_STAGE = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ROUTE = re.compile(r"(ANY|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /\S*")
_PART = re.compile(r"[A-Za-z0-9._:$~-]+|\{[A-Za-z0-9._:-]+\+?\}")
_METHODS = ("ANY", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_MAX_COMPRESSION = 10485760


@rule("apigateway/restApi:RestApi")
def rest_api(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_CreateRestApi.html"""
    size = args.number("minimumCompressionSize")
    if size is not None and not -1 <= size <= _MAX_COMPRESSION:
        yield args.problem("minimumCompressionSize", f"must be between -1 (off) and {_MAX_COMPRESSION} bytes")


@rule("apigateway/integration:Integration")
def integration(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html"""
    kind = args.text("type")
    if kind in ("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY"):
        if args.missing("uri"):
            yield args.problem("uri", f"an integration of type {kind} needs uri")
        if kind.startswith("AWS") and args.missing("integrationHttpMethod"):
            yield args.problem("integrationHttpMethod", f"an integration of type {kind} needs integrationHttpMethod")
    uri, method = args.text("uri"), args.text("integrationHttpMethod")
    if kind == "AWS_PROXY" and uri and ":lambda:path/" in uri and method and method != "POST":
        yield args.problem("integrationHttpMethod", "must be POST: a Lambda integration takes no other method")
    if args.text("connectionType") == "VPC_LINK" and args.missing("connectionId"):
        yield args.problem("connectionId", "connection type VPC_LINK needs the id of the link")


@rule("apigateway/method:Method")
def method(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html"""
    kind = args.text("authorization")
    if kind and kind not in ("NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"):
        yield args.problem("authorization", "must be one of NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS")
    elif kind in ("CUSTOM", "COGNITO_USER_POOLS") and args.missing("authorizerId"):
        yield args.problem("authorizerId", f"authorization {kind} needs an authorizer")


@rule("apigateway/resource:Resource")
def resource(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html"""
    part = args.text("pathPart")
    if part and not _PART.fullmatch(part):
        yield args.problem(
            "pathPart", "must be one path segment without /: letters, digits, ._:$~-, or {name}, {name+}"
        )


@rule("apigateway/authorizer:Authorizer")
def authorizer(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html"""
    if args.unknown("type"):
        return
    kind = args.text("type") or "TOKEN"
    needed = "providerArns" if kind == "COGNITO_USER_POOLS" else "authorizerUri"
    if args.missing(needed):
        yield args.problem(needed, f"an authorizer of type {kind} needs {needed}")


@rule("apigateway/stage:Stage", "apigatewayv2/stage:Stage")
def stage(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html"""
    for name in ("stageName", "name"):
        label = args.text(name)
        if label and label != "$default" and not _STAGE.fullmatch(label):
            yield args.problem(name, "must be 1 to 128 letters, digits, hyphens or underscores")
    logs = args.block("accessLogSettings")
    if logs and logs.missing("format"):
        yield logs.problem("format", "access logs need a format")
    if args.flag("cacheClusterEnabled") and args.missing("cacheClusterSize"):
        yield args.problem("cacheClusterSize", "a cache cluster needs its size")


@rule("apigatewayv2/api:Api")
def http_api(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html"""
    if args.text("protocolType") != "WEBSOCKET":
        return
    if args.missing("routeSelectionExpression"):
        yield args.problem("routeSelectionExpression", "a WebSocket API needs its route selection expression")
    if args.given("corsConfiguration"):
        yield args.problem_without_value(
            "corsConfiguration", "must not be set: only HTTP APIs have a CORS configuration"
        )


@rule("apigatewayv2/route:Route")
def route(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html"""
    key = args.text("routeKey")
    if key and " " in key and not _ROUTE.fullmatch(key):
        yield args.problem("routeKey", f"must be METHOD /path with one of the methods {', '.join(_METHODS)}")
    kind = args.text("authorizationType")
    if kind in ("JWT", "CUSTOM") and args.missing("authorizerId"):
        yield args.problem("authorizerId", f"authorization type {kind} needs an authorizer")


@rule("apigatewayv2/authorizer:Authorizer")
def http_authorizer(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html"""
    needed = {"JWT": "jwtConfiguration", "REQUEST": "authorizerUri"}.get(args.text("authorizerType") or "")
    if needed and args.missing(needed):
        yield args.problem(needed, f"an authorizer of type {args.text('authorizerType')} needs {needed}")
