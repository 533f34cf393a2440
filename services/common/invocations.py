"""Calls of services that are Lambda functions: a request goes as an event, by AWS's API and the caller's role."""

import base64
import json
import os
from functools import cache
from typing import Any

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from functions.common import names
from functions.common.log import cause
from services.common.proxy_event import event_of

# A new execution environment loads the image first.
_TIMEOUT_SECONDS = 10
_THROTTLED = "TooManyRequestsException"


@cache
def _lambda() -> Any:
    """Client that repeats nothing: the caller knows what may be done twice."""
    config = Config(connect_timeout=1, read_timeout=_TIMEOUT_SECONDS, retries={"total_max_attempts": 1})
    return boto3.client("lambda", config=config)


def mounts() -> dict[str, httpx.BaseTransport]:
    """Ways to the callees that are functions, by httpx's patterns of URLs."""
    prefix, suffix = "STORE_", names.FUNCTION_SUFFIX
    return {
        f"all://{name.removeprefix(prefix).removesuffix(suffix).lower().replace('_', '-')}": _Function(value)
        for name, value in os.environ.items()
        if name.startswith(prefix) and name.endswith(suffix)
    }


class _Function(httpx.BaseTransport):
    def __init__(self, name: str) -> None:
        self._name = name

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """
        Raises:
            TransportError: Lambda does not answer, or refuses.
        """
        event = event_of(request.method, request.url.raw_path, request.headers, request.read())
        try:
            answer = _lambda().invoke(FunctionName=self._name, Payload=json.dumps(event))
            payload = json.loads(answer["Payload"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] == _THROTTLED:
                return httpx.Response(429)
            raise httpx.ConnectError(cause(error), request=request) from None
        except (BotoCoreError, ValueError) as error:
            raise httpx.ReadError(cause(error), request=request) from None
        if "FunctionError" in answer:
            return httpx.Response(502)
        body = payload["body"]
        return httpx.Response(
            payload["statusCode"],
            headers=[(name, value) for name, values in payload["multiValueHeaders"].items() for value in values],
            content=base64.b64decode(body) if payload["isBase64Encoded"] else body.encode(),
        )
