"""The loyalty team's stack: a points table and a private health page beside the web store of the same environment.

It reads the store by the store's published outputs only.
"""

import pulumi
import pulumi_aws as aws
from web_store import WebStore

store = WebStore(pulumi.Config().require("store"))

provider = aws.Provider(
    "aws",
    region=store.environment_region,
    allowed_account_ids=[store.environment_account_id],
    default_tags={
        "tags": {
            "application": "loyalty",
            "environment": store.environment_name,
            "owner": "loyalty-team",
            "cost-center": "loyalty",
        }
    },
)
ours = pulumi.ResourceOptions(provider=provider)

points = aws.dynamodb.Table(
    "loyalty-points",
    billing_mode="PAY_PER_REQUEST",
    hash_key="customer_id",
    attributes=[{"name": "customer_id", "type": "S"}],
    server_side_encryption={"enabled": True, "kms_key_arn": store.encryption_customer_key_arn},
    point_in_time_recovery={"enabled": True},
    opts=ours,
)
group = aws.ec2.SecurityGroup(
    "loyalty-service",
    vpc_id=store.network_vpc_id,
    description="Loyalty service; closed until it has clients",
    opts=ours,
)
aws.cloudwatch.MetricAlarm(
    "loyalty-throttled",
    alarm_description="DynamoDB throttles writes of loyalty points: look for a hot customer_id.",
    namespace="AWS/DynamoDB",
    metric_name="WriteThrottleEvents",
    dimensions={"TableName": points.name},
    statistic="Sum",
    period=300,
    evaluation_periods=1,
    threshold=0,
    comparison_operator="GreaterThanThreshold",
    treat_missing_data="notBreaching",
    alarm_actions=[store.observability_alarm_topic_arn],
    opts=ours,
)

pulumi.export("points_table_name", points.name)
pulumi.export("service_subnet_ids", store.network_app_subnet_ids)
pulumi.export("service_security_group_id", group.id)
pulumi.export("store_contract_version", store.contract_version)
