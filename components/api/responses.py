"""Gateway responses, the errors of API Gateway itself: a code for programs, without details of the services."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class Refusal:
    """A gateway response.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """

    status: int | None
    """None: API Gateway's default status."""
    error: str
    retry_after_seconds: int | None = None

    @property
    def template(self) -> str:
        return json.dumps({"error": self.error, "request_id": "$context.requestId"})

    @property
    def headers(self) -> dict[str, str]:
        headers = {"gatewayresponse.header.Cache-Control": "'no-store'"}
        if self.retry_after_seconds is not None:
            headers["gatewayresponse.header.Retry-After"] = f"'{self.retry_after_seconds}'"
        return headers


REFUSALS: Mapping[str, Refusal] = {
    # Kinds that are not listed below.
    "DEFAULT_4XX": Refusal(None, "refused"),
    "DEFAULT_5XX": Refusal(None, "failed"),
    "UNAUTHORIZED": Refusal(401, "sign_in"),
    "ACCESS_DENIED": Refusal(403, "not_allowed"),
    "BAD_REQUEST_BODY": Refusal(400, "body_does_not_fit"),
    "BAD_REQUEST_PARAMETERS": Refusal(400, "parameter_missing"),
    # API Gateway answers unknown paths with this kind, too.
    "MISSING_AUTHENTICATION_TOKEN": Refusal(404, "not_found"),
    "REQUEST_TOO_LARGE": Refusal(413, "too_large"),
    "THROTTLED": Refusal(429, "too_many_requests", retry_after_seconds=1),
    "QUOTA_EXCEEDED": Refusal(429, "too_many_requests", retry_after_seconds=3600),
}


def make_refusals(
    name: str, rest_api_id: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> list[aws.apigateway.Response]:
    return [
        aws.apigateway.Response(
            f"{name}-{kind.lower().replace('_', '-')}",
            rest_api_id=rest_api_id,
            response_type=kind,
            status_code=str(refusal.status) if refusal.status else None,
            response_templates={"application/json": refusal.template},
            response_parameters=refusal.headers,
            opts=opts,
        )
        for kind, refusal in REFUSALS.items()
    ]
