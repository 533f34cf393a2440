"""The most that a role of the payment services can ever do, whatever else it is granted."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.policy_document import Statement, policy_document
from components.blocks.service_permissions import secret_resource
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
# Other kinds of resource in the account's Region: statement id -> service, resources, actions.
_OTHERS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "Images": (
        "ecr",
        "repository/*",
        ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    ),
    "Logs": (
        "logs",
        "log-group:*",
        ("logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    ),
}
# Tokens of the registry, traces, and the network interfaces of functions in a VPC: AWS knows no resource of theirs, or
# none that could be named before
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
    """The key of payments is one that the services may also use themselves, to encrypt single fields."""
    table_arns: Sequence[pulumi.Input[str]]
    """Tables that payment services may use, with their indexes and streams."""
    bus_arn: str
    """Bus that they may tell."""
    queue_arns: Sequence[str]
    """Queues that they may use; wildcards, as the queues are made later."""
    secret_arns: Sequence[str]
    """Secrets and parameters that their settings name."""


def role_boundary(name: str, args: RoleBoundaryArgs, opts: pulumi.ResourceOptions) -> aws.iam.Policy:
    """A policy for every role of a payment service, of tasks and of functions, to have as `permissions_boundary`.

    It grants nothing: a role can do what both its own policies and this one allow
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html). So a grant made by mistake, on
    the customers' table or the shared files, has no effect. Images come from repositories of the account; tables are
    asked by key and query, never scanned; nobody opens a shell in a task.

    Args:
        name: Logical name.
        args: What the roles may be granted.
        opts: Options of the child, `self._inside` of the component that owns the roles.
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
            *_readable(args.secret_arns),
            *(
                Statement(
                    sid=sid,
                    actions=actions,
                    resources=[args.foundation.arn(service, resources)],
                )
                for sid, (service, resources, actions) in _OTHERS.items()
            ),
            Statement(sid="WithoutResource", actions=_WITHOUT_RESOURCE, resources=["*"]),
            Statement(sid="Never", effect="Deny", actions=_NEVER, resources=["*"]),
        ),
        tags={"Name": name},
        opts=opts,
    )


def _readable(secret_arns: Sequence[str]) -> list[Statement]:
    kinds = (
        ("Secrets", "secretsmanager", "secretsmanager:GetSecretValue"),
        ("Parameters", "ssm", "ssm:GetParameters"),
    )
    named = {sid: sorted({secret_resource(a) for a in secret_arns if a.split(":")[2] == s}) for sid, s, _ in kinds}
    return [Statement(sid=sid, actions=[action], resources=named[sid]) for sid, _, action in kinds if named[sid]]
