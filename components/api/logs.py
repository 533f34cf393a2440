"""Logs of the API: the access log, and the execution log with errors of API Gateway."""

import json

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import alarm
from components.blocks.policy_document import trust_policy
from components.blocks.ready import once_ready
from components.metric import Metric
from settings.api import ApiSettings

# No header, query string or body, which contain tokens, addresses and searches. At most 3 KB
# (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html).
LOG_FORMAT = json.dumps(
    {
        "request_id": "$context.requestId",
        "trace_id": "$context.xrayTraceId",
        "time": "$context.requestTimeEpoch",
        "method": "$context.httpMethod",
        "resource": "$context.resourcePath",
        "path": "$context.path",
        "status": "$context.status",
        "refusal": "$context.error.responseType",
        "web_acl": "$context.waf.status",
        "customer": "$context.authorizer.claims.sub",
        "client": "$context.authorizer.claims.client_id",
        "machine": "$context.identity.userArn",
        "key": "$context.identity.apiKeyId",
        "address": "$context.identity.sourceIp",
        "tls": "$context.tlsVersion",
        "latency_ms": "$context.responseLatency",
        "service_latency_ms": "$context.integration.latency",
        "service_status": "$context.integration.status",
        "bytes": "$context.responseLength",
    }
)


class ApiLogs(StoreComponent):
    """Encrypted groups of the access and the execution log, and the role with which API Gateway writes them.

    REST APIs write logs only with a role that is set for the whole account and Region
    (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html#set-up-access-logging-permissions).
    So one stack of an account sets the role, and the other stacks have `logging_role: given`.
    """

    TYPE = "webstore:api:ApiLogs"
    OUTPUTS = ("access_group_arn",)
    access_group_arn: pulumi.Output[str]
    """Known once API Gateway may write there."""
    access_group_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        settings: ApiSettings,
        rest_api_id: pulumi.Output[str],
        stage_name: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        access = aws.cloudwatch.LogGroup(
            f"{name}-access",
            kms_key_id=self.foundation.keys.logs_key_arn,
            retention_in_days=settings.log_days,
            opts=self._inside,
        )
        # Otherwise API Gateway creates the group, without a key and without an expiry.
        execution = aws.cloudwatch.LogGroup(
            f"{name}-execution",
            name=pulumi.Output.concat("API-Gateway-Execution-Logs_", rest_api_id, "/", stage_name),
            kms_key_id=self.foundation.keys.logs_key_arn,
            retention_in_days=settings.log_days,
            opts=self._inside,
        )
        ready = [execution, self._account()] if settings.logging_role == "own" else [execution]
        self.access_group_arn = once_ready(access.arn, *ready)
        self.access_group_name = access.name
        self._watch_throttles(settings)
        self._publish()

    def _account(self) -> aws.apigateway.Account:
        role = aws.iam.Role(
            f"{self._name}-writer",
            description="API Gateway writes logs of the account's APIs",
            # Without a source condition: API Gateway sends none when it tests the role.
            assume_role_policy=trust_policy("apigateway.amazonaws.com"),
            opts=self._inside,
        )
        # AWS's managed policy: the role serves the whole account, and API Gateway rejects a role with fewer permissions
        # (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonAPIGatewayPushToCloudWatchLogs.html).
        policy = aws.iam.RolePolicyAttachment(
            f"{self._name}-writer",
            role=role.name,
            policy_arn="arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
            opts=self._inside,
        )
        return aws.apigateway.Account(self._name, cloudwatch_role_arn=once_ready(role.arn, policy), opts=self._inside)

    def _watch_throttles(self, settings: ApiSettings) -> None:
        # API Gateway has no metric of 429 apart from all 4xx.
        namespace, metric = f"WebStore/{pulumi.get_stack()}", "ApiThrottledRequests"
        aws.cloudwatch.LogMetricFilter(
            f"{self._name}-throttled",
            log_group_name=self.access_group_name,
            pattern='{ $.status = "429" }',
            metric_transformation={"namespace": namespace, "name": metric, "value": "1", "unit": "Count"},
            opts=self._inside,
        )
        alarm(
            f"{self._name}-throttled",
            metric=Metric(namespace=namespace, name=metric, dimensions={}, statistic="Sum", period_seconds=300),
            threshold=settings.alarms.throttled_per_5_minutes,
            meaning="The API throttles requests of customers or machines (429).",
            todo="find the routes in the access log, then block an attack, correct a client that retries too often, or"
            " raise the limit (`api.throttle`, `api.edge_throttle`, `api.web_throttle`, the route's `throttle`).",
            opts=self._inside,
        )
