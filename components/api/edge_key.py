"""The API key that CloudFront sends."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.ready import once_ready
from settings.api import ApiSettings


class EdgeKey(StoreComponent):
    """An API key that CloudFront adds to each request, with a usage plan for all these requests.

    The key keeps callers from bypassing the edge, its web ACL and its rate limits. It does not authenticate customers:
    routes require it beside a token, public routes alone, routes with `auth: iam` not at all. AWS generates the value,
    which is readable in the stack's state, CloudFront's configuration, API Gateway's keys, and the request headers that
    functions receive. A higher `edge_key_version` makes a new key.
    """

    TYPE = "webstore:api:EdgeKey"

    def __init__(
        self,
        name: str,
        *,
        settings: ApiSettings,
        rest_api_id: pulumi.Input[str],
        stage_name: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        version = f"{name}-{settings.edge_key_version}"
        key = aws.apigateway.ApiKey(version, description="CloudFront, the store's edge", opts=self._inside)
        per_day = settings.edge_requests_per_day
        plan = aws.apigateway.UsagePlan(
            name,
            description="All that comes through CloudFront",
            api_stages=[{"api_id": rest_api_id, "stage": stage_name}],
            throttle_settings={
                "rate_limit": settings.edge_throttle.requests_per_second,
                "burst_limit": settings.edge_throttle.burst,
            },
            quota_settings={"limit": per_day, "period": "DAY"} if per_day is not None else None,
            opts=self._inside,
        )
        admitted = aws.apigateway.UsagePlanKey(
            version,
            key_id=key.id,
            key_type="API_KEY",
            usage_plan_id=plan.id,
            # This output repeats the key's value, which the provider does not mark as secret.
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["value"]),
        )
        # Depends on the key's place in the usage plan; before that the API rejects the key.
        self.value: pulumi.Output[str] = pulumi.Output.secret(once_ready(key.value, admitted))
        self._publish()
