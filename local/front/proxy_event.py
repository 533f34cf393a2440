"""The event that a function gets from a REST API."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from local.front.api_routes import Matched
from local.front.messages import Call


def proxy_event(
    call: Call, matched: Matched, context: Mapping[str, str], claims: Mapping[str, Any], stage: str
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html

    Args:
        call: Its target is the path below the stage.
        context: `$context` by dotted names.
        claims: Of the caller's token; empty without an authorizer.
    """
    body, encoded = _body(call.body)
    # API Gateway hands no length to functions.
    headers, many_headers = _grouped(pair for pair in call.headers if pair[0].lower() != "content-length")
    query, many_queries = _grouped(call.parameters)
    identity = {"sourceIp": call.client, "userAgent": call.header("user-agent")}
    identity |= {
        name.removeprefix("identity."): value for name, value in context.items() if name.startswith("identity.")
    }
    return {
        "resource": matched.route.path,
        "path": unquote(call.target),
        "httpMethod": call.method,
        "headers": headers,
        "multiValueHeaders": many_headers,
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": many_queries or None,
        "pathParameters": dict(matched.parameters) or None,
        "stageVariables": None,
        "requestContext": {
            **{
                name: context[name]
                for name in ("accountId", "apiId", "requestId", "extendedRequestId", "domainName", "resourcePath")
            },
            "requestTimeEpoch": int(context["requestTimeEpoch"]),
            "requestTime": context["requestTime"],
            "httpMethod": call.method,
            "path": context["path"],
            "protocol": "HTTP/1.1",
            "stage": stage,
            "resourceId": matched.route.given["resourceId"],
            "identity": identity,
            **({"authorizer": {"claims": {name: _text(value) for name, value in claims.items()}}} if claims else {}),
        },
        "body": body,
        "isBase64Encoded": encoded,
    }


def _body(body: bytes) -> tuple[str | None, bool]:
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True


def _grouped(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The last value of each name, and all of them."""
    many: dict[str, list[str]] = {}
    for name, value in pairs:
        many.setdefault(name, []).append(value)
    return {name: values[-1] for name, values in many.items()}, many


def _text(value: Any) -> str:
    """Claims reach a function as text."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
