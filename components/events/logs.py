"""Logs of the event bus."""

from typing import Literal

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, from_source, policy_document

# Each level includes the ones before it, and each has a log type of its own
# (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-logs.html).
_LOGS = {
    "error": ("ERROR_LOGS",),
    "info": ("ERROR_LOGS", "INFO_LOGS"),
    "trace": ("ERROR_LOGS", "INFO_LOGS", "TRACE_LOGS"),
}


class BusLogs(StoreComponent):
    """Delivery of the bus's logs to an encrypted log group."""

    TYPE = "webstore:events:BusLogs"

    def __init__(
        self,
        name: str,
        *,
        level: Literal["error", "info", "trace"],
        retention_days: int,
        bus_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        group_name = f"/aws/vendedlogs/events/event-bus/{in_stack(f'{pulumi.get_project()}-{name}', limit=200)}"
        group = aws.cloudwatch.LogGroup(
            name,
            name=group_name,
            kms_key_id=self.foundation.keys.logs_key_arn,
            retention_in_days=retention_days,
            opts=self._inside,
        )
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-CloudWatchLogs.html
        policy = aws.cloudwatch.LogResourcePolicy(
            name,
            policy_name=in_stack(f"{pulumi.get_project()}-{name}", limit=128),
            policy_document=policy_document(
                Statement(
                    sid="AWSLogDeliveryWrite",
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    services=["delivery.logs.amazonaws.com"],
                    resources=[self.foundation.arn("logs", f"log-group:{group_name}:log-stream:*")],
                    conditions=from_source(
                        account_id=self.foundation.account_id,
                        arn=self.foundation.arn("logs", "delivery-source:*"),
                    ),
                )
            ),
            opts=self._inside,
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            name,
            output_format="json",
            delivery_destination_configuration={"destination_resource_arn": group.arn},
            # Without a policy AWS creates one, which the next update would find and remove.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        delivery: aws.cloudwatch.LogDelivery | None = None
        for log_type in _LOGS[level]:
            part = f"{name}-{log_type.split('_')[0].lower()}"
            source = aws.cloudwatch.LogDeliverySource(part, log_type=log_type, resource_arn=bus_arn, opts=self._inside)
            delivery = aws.cloudwatch.LogDelivery(
                part,
                delivery_source_name=source.name,
                delivery_destination_arn=destination.arn,
                # One after the other: AWS answers ConflictException to two at once for one destination
                # (https://github.com/hashicorp/terraform-provider-aws/issues/42194).
                opts=pulumi.ResourceOptions(parent=self, depends_on=[delivery] if delivery else None),
            )
        self._publish()
