"""The permissions boundary of the payment services' roles."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.policy_document import Statement, policy_document
from components.blocks.service_permissions import PULL, secret_resource
from components.foundation import Foundation
from settings.app_tier.uses import KINDS

_TABLES = (
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeStream",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
)
_KEYS = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
_LOGS = ("logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents")
# Registry tokens and traces have no resource-level permissions; the network interfaces of functions in a VPC do not
# exist before
# (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html,
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html,
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions).
_WITHOUT_RESOURCE = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "ecr:GetAuthorizationToken",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
# Denied, not just left out (`Use.denied_to_payments` says why).
_NEVER = tuple(sorted({action for kind in KINDS for action in kind.denied_to_payments} | {"iam:*", "sts:AssumeRole"}))
_QUEUES = (
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
)


@dataclass(frozen=True, kw_only=True)
class RoleBoundaryArgs:
    foundation: Foundation
    """Services may also use its payment key directly, to encrypt single fields."""
    table_arns: Sequence[pulumi.Input[str]]
    """Tables of payment services; includes indexes and streams."""
    bus_arn: str
    """Bus on which they emit events."""
    queue_arns: Sequence[str]
    """Patterns of their queues, which are made later."""
    secret_arns: Sequence[str]
    """Secrets and parameters of their settings."""
    made_secret_arns: Sequence[pulumi.Input[str]]
    """Secrets of the program."""
    function_arns: Sequence[str]
    """Patterns of the functions that the pipes of their outboxes invoke, which are made later."""
    repository_arns: Sequence[str]
    """Repositories of other accounts that their images are in."""
    allowed: Sequence[Statement] = ()
    """What else they use, such as the scoring of payments."""


def role_boundary(name: str, args: RoleBoundaryArgs, opts: pulumi.ResourceOptions) -> aws.iam.Policy:
    """Policy to set as `permissions_boundary` of every role of a payment service: of tasks, functions and pipes.

    A boundary grants nothing: a role may do what both its own policies and the boundary allow
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html). So a mistaken grant, on the
    customers' table or the shared files, has no effect. It allows images of the account's repositories and of listed
    ones only, reads of tables by key and query but no scan, and no ECS Exec.
    """
    parts = [pulumi.Output.concat(arn, part) for arn in args.table_arns for part in ("/index/*", "/stream/*")]
    through = [
        f"{service}.{args.foundation.region}.amazonaws.com" for service in ("dynamodb", "secretsmanager", "sqs", "ssm")
    ]
    return aws.iam.Policy(
        name,
        description="The most that roles of payment services can do",
        policy=policy_document(
            *(
                [Statement(sid="Tables", actions=_TABLES, resources=[*args.table_arns, *parts])]
                if args.table_arns
                else []
            ),
            Statement(sid="PaymentKey", actions=_KEYS, resources=[args.foundation.keys.payment_key_arn]),
            Statement(
                sid="OtherKeysThroughServices",
                actions=_KEYS,
                resources=[args.foundation.arn("kms", "key/*")],
                conditions={"StringEquals": {"kms:ViaService": through}},
            ),
            Statement(sid="Events", actions=["events:PutEvents"], resources=[args.bus_arn]),
            *([Statement(sid="Queues", actions=_QUEUES, resources=args.queue_arns)] if args.queue_arns else []),
            *(
                [Statement(sid="Functions", actions=["lambda:InvokeFunction"], resources=args.function_arns)]
                if args.function_arns
                else []
            ),
            *_readable(args.secret_arns, args.made_secret_arns),
            *args.allowed,
            Statement(
                sid="Images",
                actions=sorted([*PULL, "ecr:BatchImportUpstreamImage"]),
                resources=[args.foundation.arn("ecr", "repository/*"), *args.repository_arns],
            ),
            Statement(sid="Logs", actions=_LOGS, resources=[args.foundation.arn("logs", "log-group:*")]),
            Statement(sid="WithoutResource", actions=_WITHOUT_RESOURCE, resources=["*"]),
            Statement(sid="Never", effect="Deny", actions=_NEVER, resources=["*"]),
        ),
        tags={"Name": name},
        opts=opts,
    )


def _readable(secret_arns: Sequence[str], made: Sequence[pulumi.Input[str]]) -> list[Statement]:
    kinds = (
        ("Secrets", "secretsmanager", "secretsmanager:GetSecretValue"),
        ("Parameters", "ssm", "ssm:GetParameters"),
    )
    named: dict[str, list[pulumi.Input[str]]] = {
        sid: [*sorted({secret_resource(a) for a in secret_arns if a.split(":")[2] == s})] for sid, s, _ in kinds
    }
    named["Secrets"] += made
    return [Statement(sid=sid, actions=[action], resources=named[sid]) for sid, _, action in kinds if named[sid]]
