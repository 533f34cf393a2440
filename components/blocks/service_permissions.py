"""Statements for the roles of a Fargate service."""

import re
from collections.abc import Sequence

import pulumi

from components.blocks.policy_document import Statement
from settings.service import ServiceSettings

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""Actions that a pull takes on a repository."""
_PRIVATE_IMAGE = re.compile(r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^:@]+)")


def start_statements(
    settings: ServiceSettings,
    *,
    images: Sequence[str],
    cached_repository_arns: Sequence[str],
    region: str,
    log_group_arn: pulumi.Input[str],
    secrets_key_arn: pulumi.Input[str],
    made_secret_arns: Sequence[pulumi.Input[str]] = (),
) -> list[Statement]:
    """For the execution role: write the log, pull the images, read the secrets of the settings and of the program."""
    statements = [
        Statement(
            sid="Log",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[pulumi.Output.concat(log_group_arn, ":*")],
        )
    ]
    repositories = sorted({repository_arn(image) for image in images} - {""})
    if repositories:
        statements += [
            # The token has no resource-level permissions
            # (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html).
            Statement(sid="RegistryToken", actions=["ecr:GetAuthorizationToken"], resources=["*"]),
            Statement(sid="Image", actions=PULL, resources=repositories),
        ]
    if cached_repository_arns:
        # https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-iam.html
        statements.append(
            Statement(sid="Cache", actions=["ecr:BatchImportUpstreamImage"], resources=cached_repository_arns)
        )
    for sid, service, action in (
        ("Secrets", "secretsmanager", "secretsmanager:GetSecretValue"),
        ("Parameters", "ssm", "ssm:GetParameters"),
    ):
        arns = sorted({secret_resource(arn) for arn in settings.secrets.values() if arn.split(":")[2] == service})
        made = made_secret_arns if service == "secretsmanager" else ()
        if arns or made:
            statements.append(Statement(sid=sid, actions=[action], resources=[*arns, *made]))
    if settings.secrets or made_secret_arns:
        through = [f"{service}.{region}.amazonaws.com" for service in ("secretsmanager", "ssm")]
        statements.append(
            Statement(
                sid="KeyOfSecrets",
                actions=["kms:Decrypt"],
                resources=[secrets_key_arn],
                conditions={"StringEquals": {"kms:ViaService": through}},
            )
        )
    return statements


def repository_arn(image: str) -> str:
    """Repository of an image with its registry, of any account and Region; empty outside ECR's private registries."""
    found = _PRIVATE_IMAGE.match(image)
    return "arn:aws:ecr:{region}:{account}:repository/{name}".format(**found.groupdict()) if found else ""


def secret_resource(arn: str) -> str:
    """ARN for IAM policies, without the JSON key and version that ECS accepts after a secret's name.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    return ":".join(arn.split(":")[:7]) if ":secret:" in arn else arn


def command_statements(*, key_arn: pulumi.Input[str], log_group_arn: pulumi.Input[str]) -> list[Statement]:
    """For the task role: `aws ecs execute-command`; its channels have no resource-level permissions.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#ecs-exec-required-iam-permissions
    """
    return [
        Statement(
            sid="Channels",
            actions=[
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            ],
            resources=["*"],
        ),
        Statement(sid="SessionKey", actions=["kms:Decrypt"], resources=[key_arn]),
        Statement(sid="FindLogGroup", actions=["logs:DescribeLogGroups"], resources=["*"]),
        Statement(
            sid="SessionLog",
            actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources=[pulumi.Output.concat(log_group_arn, ":*")],
        ),
    ]


def shift_statements(
    *,
    target_arns: Sequence[pulumi.Input[str]],
    listener_arns: Sequence[pulumi.Input[str]],
    rule_arns: Sequence[pulumi.Input[str]],
) -> list[Statement]:
    """For ECS to shift traffic between target groups: AWS's managed policy, limited to the resources of one load
    balancer; the describe actions have no resource-level permissions.

    https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
    """
    return [
        Statement(
            sid="Look",
            actions=[
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:DescribeRules",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ],
            resources=["*"],
        ),
        Statement(
            sid="Targets",
            actions=["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"],
            resources=target_arns,
        ),
        Statement(sid="Listeners", actions=["elasticloadbalancing:ModifyListener"], resources=listener_arns),
        Statement(sid="Shift", actions=["elasticloadbalancing:ModifyRule"], resources=rule_arns),
    ]
