"""Flow logs of the VPC."""

import pulumi
import pulumi_aws as aws

from components.blocks.policy_document import Statement, policy_document, trust_policy
from components.blocks.ready import once_ready
from components.foundation import Foundation
from settings.network import FlowLogs

# The default format, and ids in AWS, direction and path of the traffic
# (https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html).
_FIELDS = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
    "log-status vpc-id subnet-id instance-id tcp-flags pkt-srcaddr pkt-dstaddr az-id pkt-src-aws-service "
    "pkt-dst-aws-service flow-direction traffic-path"
)


def flow_logs(
    name: str, *, settings: FlowLogs, vpc_id: pulumi.Input[str], foundation: Foundation, opts: pulumi.ResourceOptions
) -> None:
    account_id, region = foundation.account_id, foundation.region
    group = aws.cloudwatch.LogGroup(
        name, kms_key_id=foundation.keys.logs_key_arn, retention_in_days=settings.retention_days, opts=opts
    )
    role = aws.iam.Role(
        name,
        description="Delivers the VPC's flow logs",
        assume_role_policy=trust_policy(
            "vpc-flow-logs.amazonaws.com",
            account_id=account_id,
            source_arn=f"arn:aws:ec2:{region}:{account_id}:vpc-flow-log/*",
        ),
        opts=opts,
    )
    # https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    delivery = aws.iam.RolePolicy(
        name,
        role=role.name,
        policy=policy_document(
            Statement(
                sid="WriteToTheGroup",
                actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                resources=[group.arn, pulumi.Output.concat(group.arn, ":*")],
            ),
            Statement(
                sid="FindTheGroup",
                actions=["logs:DescribeLogGroups"],
                resources=[f"arn:aws:logs:{region}:{account_id}:log-group:*"],
            ),
        ),
        opts=opts,
    )
    aws.ec2.FlowLog(
        name,
        vpc_id=vpc_id,
        traffic_type=settings.traffic,
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        # After the role's policy: deliveries fail without it, and only the console shows that.
        iam_role_arn=once_ready(role.arn, delivery),
        log_format=" ".join(f"${{{field}}}" for field in _FIELDS.split()),
        max_aggregation_interval=settings.aggregation_seconds,
        tags={"Name": name},
        opts=opts,
    )
