"""API Gateway: custom domains over modern TLS, authorisers."""

import fnmatch
import re
from collections.abc import Iterator

from policies.library.openapi import document, operations
from policies.library.resources import Resource
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, as_text, read, spread

REST_API, HTTP_API = "apigateway/restApi", "apigatewayv2/api"
_BODY = "apigateway/restApiPut"
_MODERN = re.compile(r"TLS_1_2|SecurityPolicy_TLS1[23]_.*")


@rule(
    "apigateway-domain-name-modern-tls",
    control="TLS-08",
    pack="encryption",
    title="API custom domains accept TLS 1.2 and newer only",
    why="TLS 1.0 and 1.1 are broken, and clients still offer them",
    fix="set security_policy to TLS_1_2 (or to an enhanced policy SecurityPolicy_TLS13_...)",
    severity="high",
    dev="mandatory",
    kinds=("apigateway/domainName", "apigatewayv2/domainName"),
    paths=("securityPolicy", "apigatewayv2/domainName · domainNameConfiguration.securityPolicy"),
    references=("fsbp:APIGateway.11", "checkov:CKV_AWS_206", "trivy:AVD-AWS-0005"),
)
def modern_tls(subject: Subject) -> Iterator[Problem]:
    second = subject.resource.kind == "apigatewayv2/domainName"
    path = "domainNameConfiguration.securityPolicy" if second else "securityPolicy"
    policy = subject.text(path)
    if policy is UNKNOWN:
        return
    if policy is MISSING or not _MODERN.fullmatch(policy):
        yield subject.problem(path, "must be TLS_1_2 or an enhanced policy of TLS 1.2 or 1.3")


@rule(
    "apigateway-method-authorized",
    control="IAM-14",
    pack="guardrails",
    title="API methods and routes have an authoriser",
    why="a forgotten authoriser leaves orders and addresses open to everybody",
    fix="set authorization (authorization_type) to AWS_IAM, COGNITO_USER_POOLS, JWT or CUSTOM with its authorizer_id;"
    " name routes meant for everybody in the setting public",
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
            'Methods and routes for everybody: globs over the route key ("GET /products*") or the resource\'s name.',
        )
    },
    limits="OPTIONS, private REST APIs, and routes of WebSocket APIs other than $connect need none. An API key tells"
    " clients apart for quotas, it is no authoriser. Bodies are read as OpenAPI, in JSON or YAML.",
)
def authorized(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind in (REST_API, HTTP_API, _BODY):
        yield from _body_authorized(subject)
    else:
        yield from _method_authorized(subject)


def _is_public(subject: Subject, key: str) -> bool:
    """Whether a method or route is named as one for everybody, or is the preflight of browsers."""
    names = (subject.resource.name, key)
    return key.split(" ")[0] == "OPTIONS" or any(
        fnmatch.fnmatchcase(name, glob) for name in names for glob in subject.config["public"]
    )


def may_be_private(api: Resource) -> bool:
    """Whether a REST API answers inside VPCs only, as far as it is known."""
    kinds = as_list(spread(api.props, "endpointConfiguration.types"))
    return "PRIVATE" in kinds or UNKNOWN in kinds


def _body_authorized(subject: Subject) -> Iterator[Problem]:
    api = document(subject.value("body"))
    if api is UNKNOWN:
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
            yield Problem("body", f"body: {operation.key} answers everybody")


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
    yield subject.problem(path, f"{key if isinstance(key, str) else 'the method'} answers everybody")
