"""Requests of API Gateway, and calls from service to service in the same form, as ASGI has them; and the answers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode

from functions.common.names import CALLER_HEADER

_TRACE_HEADER = "x-amzn-trace-id"
# The API's key is CloudFront's: services must not receive it, as tasks do not. Who calls says the event alone, and how
# long the body is only the body: API Gateway hands on no such header, or that of another encoding.
_WITHHELD = ("x-api-key", CALLER_HEADER.lower(), "content-length")


def request_of(event: Mapping[str, Any], *, trace: str | None = None) -> tuple[dict[str, Any], bytes]:
    """Scope and body of a request.

    Args:
        trace: Replaces the trace header.
    """
    raw_path = _path(event)
    given = event.get("multiValueHeaders") or {name: [value] for name, value in (event.get("headers") or {}).items()}
    headers = [
        (name.lower(), value)
        for name, values in given.items()
        for value in values
        if name.lower() not in _WITHHELD and not (trace and name.lower() == _TRACE_HEADER)
    ]
    if trace:
        headers.append((_TRACE_HEADER, trace))
    if caller := event["requestContext"].get("identity", {}).get("userArn"):
        headers.append((CALLER_HEADER.lower(), caller))
    text = event.get("body") or ""
    body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
    if body:
        headers.append(("content-length", str(len(body))))
    single = dict(headers)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": event["httpMethod"],
        "scheme": single.get("x-forwarded-proto", "https"),
        "path": unquote(raw_path),
        "raw_path": raw_path.encode("ascii"),
        "root_path": "",
        "query_string": urlencode(event.get("multiValueQueryStringParameters") or {}, doseq=True).encode("ascii"),
        # HTTP's headers are bytes, and API Gateway decodes those above ASCII as UTF-8.
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": (event["requestContext"].get("identity", {}).get("sourceIp") or "", 0),
        "server": (single.get("host", ""), 443),
        "state": {},
    }
    return scope, body


def _path(event: Mapping[str, Any]) -> str:
    """The path that customers ask for, with what is not ASCII in percents.

    The event's `path` lacks the stage or has the mapping of the host name, whichever of the API's addresses was asked;
    the resource and its values are the same for both. Calls of services have neither: API Gateway can never name a path
    outside its stage, such as `/internal`.
    """
    if "stage" not in event["requestContext"]:
        return event["path"]
    path = f"/{event['requestContext']['stage']}{event['resource']}"
    for name, value in (event.get("pathParameters") or {}).items():
        path = path.replace(f"{{{name}}}", quote(unquote(value), safe=""))
    return path


def event_of(method: str, target: bytes, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The event of a call from service to service.

    Args:
        target: Path and query, as HTTP has them.
    """
    path, _, query = target.decode("ascii").partition("?")
    return {
        "httpMethod": method,
        "path": path,
        "headers": dict(headers),
        "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True),
        "requestContext": {},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


class Answer:
    """What an app sends for a request."""

    def __init__(self) -> None:
        self._status = 0
        self._headers: dict[str, list[str]] = {}
        self._body = bytearray()

    async def take(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            for name, value in message.get("headers", ()):
                self._headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")

    def event(self) -> dict[str, Any]:
        """
        Raises:
            RuntimeError: the app has sent no answer.
        """
        if not self._status:
            raise RuntimeError("the app must answer every request; it has ended without an answer")
        try:
            body, encoded = self._body.decode(), False
        except UnicodeDecodeError:
            body, encoded = base64.b64encode(self._body).decode(), True
        return {
            "statusCode": self._status,
            "multiValueHeaders": self._headers,
            "body": body,
            "isBase64Encoded": encoded,
        }
