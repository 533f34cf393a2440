"""API Gateway: authorization and validation of requests."""

import fnmatch
from collections.abc import Iterator

from policies.library.documents import is_unreadable
from policies.library.openapi import UNREADABLE, document, operations
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_text, read
from policies.rules.helpers.rest_apis import REST_API, may_be_private

HTTP_API = "apigatewayv2/api"
_BODY = "apigateway/restApiPut"
_METHOD = "apigateway/method"


def _is_public(subject: Subject, key: str) -> bool:
    """Whether a method or route is in the setting `public`, or is a CORS preflight request."""
    names = (subject.resource.name, key)
    return key.split(" ")[0] == "OPTIONS" or any(
        fnmatch.fnmatchcase(name, glob) for name in names for glob in subject.config["public"]
    )


def _body_authorized(subject: Subject) -> Iterator[Problem]:
    written = subject.value("body")
    api = document(written)
    if is_unreadable(written, api):
        yield UNREADABLE
    elif api is UNKNOWN:
        subject.defer("body")
    resource = subject.resource
    held = subject.stack.referred(resource, "restApiId", REST_API).resources if resource.kind == _BODY else (resource,)
    if any(holder.kind == REST_API and may_be_private(holder) for holder in held):
        return
    for operation in operations(api):
        if _is_public(subject, operation.key):
            continue
        if operation.authorized is None:
            subject.defer("body")
        elif not operation.authorized:
            yield Problem("body", f"body: {operation.key} must have an authorizer")


def _method_authorized(subject: Subject) -> Iterator[Problem]:
    resource, stack = subject.resource, subject.stack
    second = resource.kind == "apigatewayv2/route"
    path = "authorizationType" if second else "authorization"
    value = subject.text(path)
    if value not in (MISSING, "NONE"):
        return
    key = subject.text("routeKey" if second else "httpMethod")
    if key is UNKNOWN or _is_public(subject, key if isinstance(key, str) else ""):
        return
    if second:
        for api in stack.referred(resource, "apiId", HTTP_API).resources:
            protocol = as_text(read(api.props, "protocolType"))
            if protocol is UNKNOWN or (protocol == "WEBSOCKET" and key != "$connect"):
                return
    elif any(may_be_private(api) for api in stack.referred(resource, "restApi", REST_API).resources):
        return
    yield subject.problem(path, f"{key if isinstance(key, str) else 'the method'} must have an authorizer")


@rule(
    "apigateway-method-authorized",
    control="IAM-14",
    pack="guardrails",
    title="API methods and routes have an authorizer",
    why="without an authorizer anyone can read orders and addresses",
    fix="set authorization (authorization_type) to AWS_IAM, COGNITO_USER_POOLS, JWT or CUSTOM with its authorizer_id;"
    " list public routes in the setting public, where routes with `auth: public` of a stack file of the web store come"
    " by `make docs`",
    severity="high",
    dev="advisory",
    kinds=("apigateway/method", "apigatewayv2/route", REST_API, HTTP_API, _BODY),
    paths=(
        "authorization",
        "apigatewayv2/route · authorizationType",
        "apigateway/restApi · body",
        "apigatewayv2/api · body",
        "apigateway/restApi · endpointConfiguration",
    ),
    stack_kinds=("*",),
    references=(
        "fsbp:APIGateway.8",
        "cdk-nag:APIG4",
        "cdk-nag:COG4",
        "checkov:CKV_AWS_59",
        "checkov:CKV_AWS_309",
        "trivy:AVD-AWS-0004",
    ),
    settings={
        "public": Setting(
            [],
            {"type": "array", "items": {"type": "string"}},
            'Public methods and routes: globs over the route key ("GET /products*") or the resource\'s name.',
        )
    },
    limits="OPTIONS, private REST APIs, and routes of WebSocket APIs other than $connect need none. An API key"
    " identifies clients for quotas and is no authorizer. Bodies are read as OpenAPI, in JSON or YAML.",
)
def authorized(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind in (REST_API, HTTP_API, _BODY):
        yield from _body_authorized(subject)
    else:
        yield from _method_authorized(subject)


@rule(
    "apigateway-method-validates",
    control="IAM-15",
    pack="guardrails",
    title="REST methods validate requests",
    why="malformed requests reach the code, and are paid for, though API Gateway could reject them",
    fix="set request_validator_id on the method; in an OpenAPI body x-amazon-apigateway-request-validator",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=(_METHOD, REST_API),
    paths=("requestValidatorId", "apigateway/restApi · body"),
    references=("cdk-nag:APIG2", "checkov:CKV2_AWS_53"),
    url="https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html",
    limits="OPTIONS methods are not judged.",
)
def validates(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == _METHOD:
        if not subject.has("requestValidatorId") and subject.text("httpMethod") not in ("OPTIONS", UNKNOWN):
            yield subject.problem("requestValidatorId", "must be the id of a request validator")
        return
    written = subject.value("body")
    body = document(written)
    if is_unreadable(written, body):
        yield UNREADABLE
    elif body is UNKNOWN:
        subject.defer("body")
    unchecked = [
        operation.key
        for operation in operations(body)
        if operation.validated is False and not operation.key.startswith("OPTIONS ")
    ]
    if unchecked:
        more = f" and {len(unchecked) - 3} more" if len(unchecked) > 3 else ""
        yield Problem("body", f"body: {', '.join(unchecked[:3])}{more} must have a request validator")
