"""A Lambda function with a role of its own, an encrypted log, and alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.fargate_service import Grant, granted_to
from components.blocks.function_image import FunctionImage
from components.blocks.policy_document import Statement, policy_document, trust_policy
from components.blocks.ready import once_ready
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.blocks.service_permissions import secret_resource
from components.blocks.tracing import Tracing
from components.metric import Metric
from settings.app_tier.runtime import LambdaRuntime
from settings.app_tier.uses import Intake

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
RUNTIME = "python3.13"
ARCHITECTURES = {"ARM64": "arm64", "X86_64": "x86_64"}
# Maximum of a FIFO queue, and of a standard queue without a batching window
# (https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html).
_QUEUE_BATCH = 10
_PACKAGED = ("*.py", "*.json", "*.txt")
# Percentage of the timeout from which the duration alarm goes off.
_SLOW_PERCENT = 90


@dataclass(frozen=True, kw_only=True)
class FunctionNetwork:
    """VPC, subnets and security groups of a function."""

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    memberships: Sequence[SecurityGroup] = ()
    """Security groups beside its own one."""


@dataclass(frozen=True, kw_only=True)
class FunctionArgs:
    settings: LambdaRuntime
    image: FunctionImage | None = None
    """With `settings.image`."""
    key_arn: pulumi.Input[str]
    """Key of the environment variables."""
    environment_variables: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Beside the settings' own variables."""
    grants: Sequence[Grant] = ()
    """Access of the function to other resources, granted before its first run."""
    network: FunctionNetwork | None = None
    """None: outside the VPC."""
    tracing: Tracing | None = None
    permissions_boundary_arn: pulumi.Input[str] | None = None
    """Permissions boundary of the role."""
    intake: Intake | None = None
    """Bounds of the messages that it takes from queues."""
    role: aws.iam.Role | None = None
    """Its role, if something names the role before there is the function; `function_role` makes such a role."""


class Function(StoreComponent):
    """Function with the code of `functions/<code>`, or from an image; billed by requests and duration."""

    TYPE = "webstore:blocks:Function"
    OUTPUTS = ("function_name", "function_arn", "invoke_arn")
    function_name: pulumi.Output[str]
    """Known once the policies of its role exist."""
    function_arn: pulumi.Output[str]
    invoke_arn: pulumi.Output[str]

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        settings, tracing = args.settings, args.tracing
        logs = aws.cloudwatch.LogGroup(
            name, kms_key_id=self.foundation.keys.logs_key_arn, retention_in_days=settings.log_days, opts=self._inside
        )
        self.role = args.role or function_role(
            name, permissions_boundary_arn=args.permissions_boundary_arn, opts=self._inside
        )
        own = aws.iam.RolePolicy(
            name, role=self.role.name, policy=policy_document(*self._statements(logs.arn)), opts=self._inside
        )
        granted = [own, *granted_to(self.role, args.grants)]
        if tracing is not None:
            granted.append(tracing.grant(self.role, f"{name}-tracing", self._inside))
        self.group: SecurityGroup | None = None
        if args.network is not None:
            self.group = SecurityGroup(
                name,
                SecurityGroupArgs(vpc_id=args.network.vpc_id, description="Function: admits nobody"),
                opts=self._inside,
            )
        variables = {
            "POWERTOOLS_SERVICE_NAME": name,
            "POWERTOOLS_LOG_LEVEL": "INFO",
            **(tracing.function_variables(name, image=args.image is not None) if tracing is not None else {}),
            **args.environment_variables,
            **settings.environment_variables,
            **settings.secrets,
        }
        function = aws.lambda_.Function(
            name,
            **self._package(),
            architectures=[ARCHITECTURES[settings.architecture]],
            memory_size=settings.memory_mib,
            timeout=settings.timeout_seconds,
            reserved_concurrent_executions=settings.reserved_concurrency,
            role=once_ready(self.role.arn, *granted),
            kms_key_arn=args.key_arn,
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables={variable: variables[variable] for variable in sorted(variables)}
            ),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(
                log_format="JSON", log_group=logs.name, application_log_level="INFO", system_log_level="WARN"
            ),
            tracing_config=aws.lambda_.FunctionTracingConfigArgs(mode="Active" if tracing else "PassThrough"),
            vpc_config=aws.lambda_.FunctionVpcConfigArgs(
                subnet_ids=args.network.subnet_ids,
                security_group_ids=[self.group.group_id, *(group.group_id for group in args.network.memberships)],
            )
            if args.network is not None and self.group is not None
            else None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.image.sources if args.image else None),
        )
        self.function_name = function.name
        self.function_arn = function.arn
        self.invoke_arn = function.invoke_arn
        self._watch(function.name)
        self._publish()

    @property
    def batch_size(self) -> int:
        """Records of one invocation."""
        return self._args.settings.batch_size

    def consume(
        self, name: str, queue_arn: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> aws.lambda_.EventSourceMapping:
        """Event source mapping of a queue; messages that the function reports as failed become visible again."""
        intake, reserved = self._args.intake, self._args.settings.reserved_concurrency
        most = min(filter(None, (reserved, intake.concurrency if intake else None)), default=None)
        return aws.lambda_.EventSourceMapping(
            name,
            event_source_arn=queue_arn,
            function_name=self.function_name,
            batch_size=min(self.batch_size, _QUEUE_BATCH, intake.batch if intake else _QUEUE_BATCH),
            function_response_types=["ReportBatchItemFailures"],
            # Otherwise Lambda receives messages that throttling keeps from the function, until they are dead letters
            # (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
            scaling_config=aws.lambda_.EventSourceMappingScalingConfigArgs(maximum_concurrency=most) if most else None,
            opts=opts,
        )

    def grant_invoke(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` invoke it."""
        return aws.iam.RolePolicy(
            f"{self._name}-invoke-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(
                Statement(sid="Invoke", actions=["lambda:InvokeFunction"], resources=[self.function_arn])
            ),
            opts=self._inside,
        )

    def _package(self) -> dict[str, Any]:
        """What it runs, as arguments of the function."""
        args, image = self._args, self._args.image
        if image is not None:
            own = image.entry_point or image.command
            return {
                "package_type": "Image",
                "image_uri": image.uri,
                "image_config": aws.lambda_.FunctionImageConfigArgs(
                    entry_points=image.entry_point, commands=image.command
                )
                if own
                else None,
            }
        code = args.settings.code
        assert code is not None, "a function without an image must have code, as the settings say"
        layers = list(self.foundation.layer_arns)
        if args.tracing is not None and args.tracing.settings.function_layer_arn is not None:
            layers.append(args.tracing.settings.function_layer_arn)
        return {
            "package_type": "Zip",
            "runtime": RUNTIME,
            "code": archive(code),
            "handler": f"functions.{code}.handler.handler",
            "layers": layers or None,
        }

    def _statements(self, log_group_arn: pulumi.Output[str]) -> list[Statement]:
        args = self._args
        statements = [
            Statement(
                sid="Log",
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[pulumi.Output.concat(log_group_arn, ":*")],
            ),
            # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
            Statement(
                sid="KeyOfVariables",
                actions=["kms:Decrypt"],
                resources=[args.key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"lambda.{self.foundation.region}.amazonaws.com"}},
            ),
        ]
        if args.settings.secrets:
            statements += [
                Statement(
                    sid="Secrets",
                    actions=["secretsmanager:GetSecretValue"],
                    resources=sorted({secret_resource(arn) for arn in args.settings.secrets.values()}),
                ),
                Statement(
                    sid="KeyOfSecrets",
                    actions=["kms:Decrypt"],
                    resources=[self.foundation.keys.secrets_key_arn],
                    conditions={
                        "StringEquals": {"kms:ViaService": f"secretsmanager.{self.foundation.region}.amazonaws.com"}
                    },
                ),
            ]
        if args.network is not None:
            # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
            interfaces = [
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            ]
            statements += [
                Statement(sid="JoinTheNetwork", actions=interfaces, resources=["*"]),
                # The Lambda service needs these actions, the code does not.
                Statement(
                    sid="DenyInterfacesToTheCode",
                    effect="Deny",
                    actions=interfaces,
                    resources=["*"],
                    conditions={"ArnLike": {"lambda:SourceFunctionArn": self.foundation.arn("lambda", "function:*")}},
                ),
            ]
        return statements

    def _watch(self, function_name: pulumi.Output[str]) -> None:
        args = self._args
        limit_ms = args.settings.timeout_seconds * 1000
        # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
        for label, metric, statistic, threshold, meaning, todo in (
            ("errors", "Errors", "Sum", 0, f"Invocations of {self._name} fail.", "read the exception in its log."),
            (
                "throttles",
                "Throttles",
                "Sum",
                0,
                f"Lambda throttles {self._name}: it has reached its reserved concurrency or the account's.",
                "raise `runtime.reserved_concurrency` in the stack file, or the account's concurrency quota.",
            ),
            (
                "slow",
                "Duration",
                "p95",
                limit_ms * _SLOW_PERCENT / 100,
                f"Invocations of {self._name} take more than {_SLOW_PERCENT}% of their timeout, {limit_ms // 1000} s.",
                "find the slow call in a trace, then raise `runtime.timeout_seconds` or `runtime.memory_mib`.",
            ),
        ):
            alarm(
                f"{self._name}-{label}",
                metric=Metric(
                    namespace="AWS/Lambda",
                    name=metric,
                    dimensions={"FunctionName": function_name},
                    statistic=statistic,
                ),
                threshold=threshold,
                meaning=meaning,
                todo=todo,
                periods=Periods(breaching=2, evaluated=5),
                opts=self._inside,
            )


def function_role(
    name: str, *, opts: pulumi.ResourceOptions, permissions_boundary_arn: pulumi.Input[str] | None = None
) -> aws.iam.Role:
    """The role of the function `name`."""
    return aws.iam.Role(
        name,
        description=f"What function {name} may do",
        # Lambda passes no source account when it assumes a function's role
        # (https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html).
        assume_role_policy=trust_policy("lambda.amazonaws.com"),
        permissions_boundary=permissions_boundary_arn,
        opts=opts,
    )


def archive(code: str) -> pulumi.Archive:
    """Code and data of `functions/<code>` and `functions/common`, as the package `functions`."""
    assets: dict[str, pulumi.Asset | pulumi.Archive] = {}
    for folder in ("", "common", code):
        for path in sorted(path for kind in _PACKAGED for path in (FUNCTIONS / folder).glob(kind)):
            # Relative to the project, the program's working directory: the state then names no folder of this machine.
            inside = "/".join(filter(None, ("functions", folder, path.name)))
            assets[inside] = pulumi.FileAsset(inside)
    return pulumi.AssetArchive(assets)
