"""VPC endpoints, by which the VPC reaches AWS without the internet."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.blocks.policy_document import Statement, policy_document
from components.foundation import Foundation

# IAM prefix of an endpoint's service where it is not the part of the endpoint's name before the dot.
_IAM_PREFIX = {"monitoring": "cloudwatch", "appconfigdata": "appconfig"}


def gateway_endpoint(
    network: str,
    service: str,
    *,
    vpc_id: pulumi.Input[str],
    route_table_ids: Sequence[pulumi.Input[str]],
    foundation: Foundation,
    opts: pulumi.ResourceOptions,
) -> aws.ec2.VpcEndpoint:
    """Gateway endpoint of S3 or DynamoDB, free of charge.

    Args:
        network: Name of the network, before the service's in its own.
    """
    exceptions = [_container_image_layers(foundation.region)] if service == "s3" else []
    return aws.ec2.VpcEndpoint(
        f"{network}-{service}",
        vpc_id=vpc_id,
        service_name=f"com.amazonaws.{foundation.region}.{service}",
        vpc_endpoint_type="Gateway",
        route_table_ids=route_table_ids,
        policy=policy_document(_account_only(foundation.account_id, service, own_resources=True), *exceptions),
        tags={"Name": f"{network}-{service}"},
        opts=opts,
    )


def interface_endpoint(
    network: str,
    service: str,
    *,
    vpc_id: pulumi.Input[str],
    subnet_ids: Sequence[pulumi.Input[str]],
    group_id: pulumi.Input[str],
    foundation: Foundation,
    opts: pulumi.ResourceOptions,
) -> aws.ec2.VpcEndpoint:
    """
    Args:
        network: Name of the network, before the service's in its own.
    """
    logical = f"{network}-{service.replace('.', '-')}"
    iam_prefix = _IAM_PREFIX.get(service, service.partition(".")[0])
    return aws.ec2.VpcEndpoint(
        logical,
        vpc_id=vpc_id,
        service_name=f"com.amazonaws.{foundation.region}.{service}",
        vpc_endpoint_type="Interface",
        subnet_ids=subnet_ids,
        security_group_ids=[group_id],
        private_dns_enabled=True,
        policy=policy_document(_account_only(foundation.account_id, iam_prefix), *_event_pollers(service)),
        tags={"Name": logical},
        opts=opts,
    )


def _account_only(account_id: str, iam_prefix: str, *, own_resources: bool = False) -> Statement:
    """Endpoint policy for principals of this account only, against exfiltration with foreign credentials
    (https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html).

    Args:
        own_resources: Only for buckets and tables of this account, against exfiltration with the store's own
            credentials (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html).
            Not for interface endpoints: services use queues, keys and repositories of partners and AWS.
    """
    owner = {"aws:ResourceAccount": account_id} if own_resources else {}
    return Statement(
        sid="PrincipalsOfTheAccount",
        actions=[f"{iam_prefix}:*"],
        resources=["*"],
        anyone=True,
        conditions={"StringEquals": {"aws:PrincipalAccount": account_id, **owner}},
    )


def _container_image_layers(region: str) -> Statement:
    """ECR redirects clients to a bucket of AWS, with presigned URLs.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-setting-up-s3-gateway
    """
    return Statement(
        sid="ContainerImageLayers",
        actions=["s3:GetObject"],
        resources=[f"arn:aws:s3:::prod-{region}-starport-layer-bucket/*"],
        anyone=True,
        conditions={"Bool": {"aws:SecureTransport": "true"}},
    )


def _event_pollers(service: str) -> list[Statement]:
    """Lambda's on-demand pollers of Kafka assume the function's role and invoke the function through our endpoints.

    AWS requires the resource `*`
    (https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html#msk-vpc-privatelink).
    """
    action = {"sts": "sts:AssumeRole", "lambda": "lambda:InvokeFunction"}.get(service)
    if action is None:
        return []
    return [Statement(sid="LambdaPolls", actions=[action], services=["lambda.amazonaws.com"], resources=["*"])]
