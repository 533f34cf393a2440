"""The key by which the API knows CloudFront."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from settings.api import ApiSettings


class EdgeKey(StoreComponent):
    """An API key that CloudFront sends with each request, and the limits of all that comes with it.

    It keeps callers from going round the edge, its web ACL and its rate limits. It is no authentication and says
    nothing about a customer: every route but the machines' asks for it beside a token, or beside nothing where the
    route is public. AWS makes the value. Who may read the stack's state, CloudFront's configuration or API Gateway's
    keys can read it, and functions get it among the headers of their requests. A new one is one number away
    (`edge_key_version`).
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
            # It repeats the key's value, in clear if nobody says otherwise.
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["value"]),
        )
        # Through its place in the plan: without that the API refuses it.
        self.value: pulumi.Output[str] = pulumi.Output.secret(
            pulumi.Output.all(key.value, admitted.id).apply(lambda known: known[0])
        )
        self._publish()
