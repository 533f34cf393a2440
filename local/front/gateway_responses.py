"""Answers of API Gateway itself, in the form that the state gives them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.front.messages import Answer
from local.state import Deployed

_RESPONSE: Final = "aws:apigateway/response:Response"
# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
_STATUSES: Final[Mapping[str, int]] = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "DEFAULT_5XX": 500,
    "EXPIRED_TOKEN": 403,
    "INTEGRATION_FAILURE": 504,
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 403,
    "MISSING_AUTHENTICATION_TOKEN": 403,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "WAF_FILTERED": 403,
}
_WORD: Final = re.compile(r"\$context\.([A-Za-z.]+)")
_HEADER: Final = "gatewayresponse.header."


class Refused(Exception):
    """A request that API Gateway answers itself."""

    def __init__(self, kind: str, text: str, *, status: int | None = None) -> None:
        """
        Args:
            kind: Type of the gateway response.
            status: In place of the type's default.
        """
        super().__init__(text)
        self.kind, self.status = kind, status


@dataclass(frozen=True)
class GatewayResponses:
    """Gateway responses by their type."""

    given: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, deployed: Deployed, rest_api_id: str) -> "GatewayResponses":
        return cls(
            {
                part.outputs["responseType"]: part.outputs
                for part in deployed.of_type(_RESPONSE)
                if part.outputs["restApiId"] == rest_api_id
            }
        )

    def answer(self, refused: Refused, context: Mapping[str, str]) -> Answer:
        """
        Args:
            context: `$context` by dotted names.
        """
        default = refused.status or _STATUSES[refused.kind]
        fallback = self.given.get("DEFAULT_4XX" if default < 500 else "DEFAULT_5XX", {})
        chosen = self.given.get(refused.kind, fallback)
        known = {
            **context,
            "error.message": str(refused),
            "error.messageString": json.dumps(str(refused)),
            "error.responseType": refused.kind,
        }
        templates = chosen.get("responseTemplates") or {"application/json": '{"message":$context.error.messageString}'}
        kind, template = next(iter(templates.items()))
        headers = {
            name.removeprefix(_HEADER).lower(): _value(value, known)
            for name, value in (chosen.get("responseParameters") or {}).items()
            if name.startswith(_HEADER)
        }
        return Answer(
            status=int(chosen.get("statusCode") or default),
            headers=(("content-type", kind), ("x-amzn-errortype", refused.kind), *headers.items()),
            body=_WORD.sub(lambda found: known.get(found[1], ""), template).encode(),
        )


def _value(given: str, context: Mapping[str, str]) -> str:
    if given.startswith("'"):
        return given.strip("'")
    return context.get(given.removeprefix("context."), "")
