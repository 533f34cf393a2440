"""API keys of the store's own callers."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.ready import once_ready
from settings.api import ApiSettings
from settings.app_tier.route import RouteThrottle

_In = pulumi.Input[str]


class EdgeKey(StoreComponent):
    """The API key that CloudFront adds to each request, with a usage plan for all these requests.

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
        rest_api_id: _In,
        stage_name: _In,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self.value = _key(
            name,
            settings.edge_key_version,
            caller="CloudFront, the store's edge",
            throttle=settings.edge_throttle,
            per_day=settings.edge_requests_per_day,
            rest_api_id=rest_api_id,
            stage_name=stage_name,
            opts=self._inside,
        )
        self._publish()


class WebKey(StoreComponent):
    """The API key of the web tier, which calls the API's own host, in a secret that ECS gives its tasks.

    Through CloudFront all calls of all customers would come from one address for each NAT gateway: rate limits of the
    edge, rules against floods and countries would take the web tier for one client. A higher `web_key_version` makes a
    new key, and tasks that have it start before the old one goes.
    """

    TYPE = "webstore:api:WebKey"

    def __init__(
        self,
        name: str,
        *,
        settings: ApiSettings,
        rest_api_id: _In,
        stage_name: _In,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        value = _key(
            name,
            settings.web_key_version,
            caller="The web tier",
            throttle=settings.web_throttle,
            per_day=None,
            rest_api_id=rest_api_id,
            stage_name=stage_name,
            opts=self._inside,
        )
        secret = aws.secretsmanager.Secret(
            name,
            description="Key by which the web tier calls the API",
            kms_key_id=self.foundation.keys.secrets_key_arn,
            recovery_window_in_days=30 if self.foundation.environment.protect else 0,
            opts=self._inside,
        )
        self.secret = aws.secretsmanager.SecretVersion(
            name, secret_id=secret.id, secret_string=value, opts=self._inside
        )
        self._publish()


def _key(
    name: str,
    number: int,
    *,
    caller: str,
    throttle: RouteThrottle,
    per_day: int | None,
    rest_api_id: _In,
    stage_name: _In,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """Value of a key that has a usage plan of its own; secret."""
    version = f"{name}-{number}"
    key = aws.apigateway.ApiKey(version, description=caller, opts=opts)
    plan = aws.apigateway.UsagePlan(
        name,
        description=f"Requests of one caller: {caller}",
        api_stages=[{"api_id": rest_api_id, "stage": stage_name}],
        throttle_settings={"rate_limit": throttle.requests_per_second, "burst_limit": throttle.burst},
        quota_settings={"limit": per_day, "period": "DAY"} if per_day is not None else None,
        opts=opts,
    )
    admitted = aws.apigateway.UsagePlanKey(
        version,
        key_id=key.id,
        key_type="API_KEY",
        usage_plan_id=plan.id,
        # This output repeats the key's value, which the provider does not mark as secret.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=["value"])),
    )
    # Depends on the key's place in the usage plan; before that the API rejects the key.
    return pulumi.Output.secret(once_ready(key.value, admitted))
