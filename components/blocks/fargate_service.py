"""A service of Fargate tasks with roles of its own, behind a load balancer or not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.cluster import running_tasks
from components.blocks.deployment import capacity, deployment
from components.blocks.file_volume import FileVolume
from components.blocks.live import once_running
from components.blocks.naming import in_stack
from components.blocks.policy_document import policy_document, trust_policy
from components.blocks.ready import once_ready
from components.blocks.security_group import SecurityGroup, SecurityGroupArgs
from components.blocks.service_connect import Connection
from components.blocks.service_permissions import command_statements, shift_statements, start_statements
from components.blocks.targets import Targets
from components.blocks.task_images import TaskImages
from components.blocks.tracing import Tracing
from components.metric import Metric
from functions.common import names
from settings.service import ServiceSettings

Grant = Callable[[aws.iam.Role], aws.iam.RolePolicy | list[aws.iam.RolePolicy]]
"""A method of a resource's owner that gives a role access to the resource."""
# Time to start the first tasks, or to replace all of them.
_ROLL_OUT_MINUTES = 30


def granted_to(role: aws.iam.Role, grants: Sequence[Grant]) -> list[aws.iam.RolePolicy]:
    """The policies that the grants make."""
    made = [grant(role) for grant in grants]
    return [policy for one in made for policy in (one if isinstance(one, list) else [one])]


@dataclass(frozen=True, kw_only=True)
class FargateServiceArgs:
    settings: ServiceSettings
    images: TaskImages
    setting: str
    """Section and keys of the settings, for messages."""
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets, one in each zone of its tasks."""
    cluster_arn: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    command_log_group_arn: pulumi.Input[str]
    targets: Targets | None
    """Target groups of the tasks; None for a service without a load balancer."""
    environment_variables: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Beside the settings' own variables."""
    secrets: Mapping[str, aws.secretsmanager.SecretVersion] = field(default_factory=dict)
    """Secrets of the program, by the variables that hold their values; beside those of the settings. A new version
    deploys the service again."""
    grants: Sequence[Grant] = ()
    """Access of the tasks to other resources, granted before the first task starts."""
    volumes: Sequence[FileVolume] = ()
    memberships: Sequence[SecurityGroup] = ()
    """Further security groups of the tasks; a network interface has at most five
    (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups)."""
    connection: Connection | None = None
    """Service Connect."""
    tracing: Tracing | None = None
    permissions_boundary_arn: pulumi.Input[str] | None = None
    """Permissions boundary of both roles."""
    egress_resources: Sequence[pulumi.Resource] = ()
    """What tasks need to pull images: endpoints, routes, or services that fill the cache before. ECS stops a deployment
    whose first tasks fail."""


class FargateService(StoreComponent):
    """Service over the zones of its subnets. Circuit breaker and alarms roll a failed deployment back.

    `ServiceScaling` owns the number of tasks, ECS the weights of the target groups. The strategies blue/green, canary
    and linear can replace each other at any time; `rolling` is refused while the green target group has traffic.
    """

    TYPE = "webstore:blocks:FargateService"
    OUTPUTS = ("service_name", "service_arn")
    service_name: pulumi.Output[str]
    service_arn: pulumi.Output[str]

    def __init__(self, name: str, args: FargateServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        settings = args.settings
        self.group = SecurityGroup(
            name,
            SecurityGroupArgs(vpc_id=args.vpc_id, description="Tasks: admit their callers only"),
            opts=self._inside,
        )
        if args.targets is not None:
            self.group.admit(args.targets.group, port=settings.port, purpose="Requests and health checks")
        logs = aws.cloudwatch.LogGroup(
            name, kms_key_id=self.foundation.keys.logs_key_arn, retention_in_days=settings.log_days, opts=self._inside
        )
        task = aws.ecs.TaskDefinition(
            name,
            family=in_stack(name, limit=255),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(settings.size.cpu),
            memory=str(settings.size.memory_mib),
            runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
                cpu_architecture=settings.architecture, operating_system_family="LINUX"
            ),
            task_role_arn=self._task_role_arn(),
            execution_role_arn=self._execution_role_arn(logs.arn),
            container_definitions=pulumi.Output.json_dumps(self._containers(logs.name)),
            volumes=[volume.volume() for volume in args.volumes] or None,
            opts=self._inside,
        )
        self.service = self._service(task.arn)
        self.service_name = once_running(
            self.service,
            setting=args.setting,
            min_tasks=settings.scaling.min_tasks,
            is_preview=self.foundation.is_preview,
            opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[self.service]),
        )
        self.service_arn = self.service.arn
        self._watch()
        self._publish()

    def _role(self, label: str, description: str) -> aws.iam.Role:
        return aws.iam.Role(
            f"{self._name}-{label}",
            description=description,
            assume_role_policy=trust_policy(
                "ecs-tasks.amazonaws.com",
                account_id=self.foundation.account_id,
                # A wildcard, as ECS requires: the ARNs of tasks do not exist yet
                # (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html).
                source_arn=self.foundation.arn("ecs", "*"),
            ),
            permissions_boundary=self._args.permissions_boundary_arn,
            opts=self._inside,
        )

    def _task_role_arn(self) -> pulumi.Output[str]:
        args = self._args
        role = self._role("task", f"What the code of {self._name} may do")
        granted = granted_to(role, args.grants)
        if args.tracing is not None:
            granted.append(args.tracing.grant(role, f"{self._name}-tracing", self._inside))
        if args.settings.execute_command:
            commands = command_statements(
                key_arn=self.foundation.keys.logs_key_arn, log_group_arn=args.command_log_group_arn
            )
            granted.append(
                aws.iam.RolePolicy(
                    f"{self._name}-commands", role=role.name, policy=policy_document(*commands), opts=self._inside
                )
            )
        return once_ready(role.arn, *granted)

    def _execution_role_arn(self, log_group_arn: pulumi.Output[str]) -> pulumi.Output[str]:
        settings, images = self._args.settings, self._args.images
        role = self._role("start", f"What ECS may do to start tasks of {self._name}")
        start = start_statements(
            settings,
            images=images.pulled,
            cached_repository_arns=images.cached_repository_arns,
            region=self.foundation.region,
            log_group_arn=log_group_arn,
            secrets_key_arn=self.foundation.keys.secrets_key_arn,
            made_secret_arns=[version.secret_arn for version in self._args.secrets.values()],
        )
        policy = aws.iam.RolePolicy(
            f"{self._name}-start", role=role.name, policy=policy_document(*start), opts=self._inside
        )
        return once_ready(role.arn, policy)

    def _service(self, task_arn: pulumi.Output[str]) -> aws.ecs.Service:
        args, settings = self._args, self._args.settings
        return aws.ecs.Service(
            self._name,
            cluster=args.cluster_arn,
            task_definition=task_arn,
            desired_count=settings.scaling.min_tasks,
            capacity_provider_strategies=capacity(settings.spot_percent),
            # Without it the provider refuses a new share of Spot; earlier providers replaced the service.
            force_new_deployment=True,
            platform_version="LATEST",
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=args.subnet_ids,
                security_groups=[self.group.group_id, *(group.group_id for group in args.memberships)],
                assign_public_ip=False,
            ),
            availability_zone_rebalancing="ENABLED",
            deployment_controller=aws.ecs.ServiceDeploymentControllerArgs(type="ECS"),
            deployment_configuration=deployment(settings.deployment),
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(enable=True, rollback=True),
            alarms=aws.ecs.ServiceAlarmsArgs(enable=True, rollback=True, alarm_names=args.targets.rollback_alarm_names)
            if args.targets
            else None,
            # ECS refuses the grace period for a service without a load balancer.
            health_check_grace_period_seconds=settings.health_check_grace_seconds if args.targets else None,
            load_balancers=[
                aws.ecs.ServiceLoadBalancerArgs(
                    container_name=self._name,
                    container_port=settings.port,
                    target_group_arn=args.targets.target_arn,
                    advanced_configuration=self._shifting(args.targets),
                )
            ]
            if args.targets
            else None,
            service_connect_configuration=args.connection.configuration() if args.connection else None,
            triggers=self._triggers(),
            enable_execute_command=settings.execute_command,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                # No input of the service comes from endpoints and routes.
                depends_on=[*args.egress_resources, *args.images.sources] or None,
                # A Service Connect name belongs to one service at a time, so a replacement begins with the deletion.
                delete_before_replace=True if args.connection and args.connection.called else None,
                # A target group belongs to one load balancer. Tasks that moved over would leave the old one empty while
                # callers still use it; a second service serves beside the first until they have moved.
                replace_with=[args.targets.balancer] if args.targets else None,
                ignore_changes=["desiredCount"],
                custom_timeouts=pulumi.CustomTimeouts(
                    create=f"{_ROLL_OUT_MINUTES}m",
                    update=f"{_ROLL_OUT_MINUTES + settings.deployment.minutes}m",
                    # The provider waits 20 minutes; `deregistration_delay_seconds` is an hour at most.
                    delete="90m",
                ),
            ),
        )

    def _triggers(self) -> dict[str, pulumi.Input[str]] | None:
        """Values whose change deploys the service again."""
        args = self._args
        # Tasks resolve only names that existed when they started, so callees are made before their callers, and a new
        # callee deploys its callers again
        # (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html).
        triggers: dict[str, pulumi.Input[str]] = dict(args.connection.callees) if args.connection else {}
        if args.settings.redeploy is not None:
            triggers["redeploy"] = args.settings.redeploy
        return triggers or None

    def _containers(self, log_group_name: pulumi.Input[str]) -> list[dict[str, Any]]:
        log = self._log(log_group_name)
        containers = [{**self._container(), "logConfiguration": log}]
        args = self._args
        if args.tracing is not None and args.images.collector is not None:
            containers.append({**args.tracing.collector(args.images.collector), "logConfiguration": log})
        return containers

    def _container(self) -> dict[str, Any]:
        settings, tracing = self._args.settings, self._args.tracing
        secrets: dict[str, pulumi.Input[str]] = {
            # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
            **{
                key: pulumi.Output.concat(version.secret_arn, ":::", version.version_id)
                for key, version in self._args.secrets.items()
            },
            **settings.secrets,
        }
        variables = {
            **(tracing.container_variables(self._name) if tracing else {}),
            names.PORT: str(settings.port),
            **self._args.environment_variables,
            **settings.environment_variables,
        }
        mounts = [volume.mount_point() for volume in self._args.volumes]
        port = {"containerPort": settings.port, "protocol": "tcp"}
        if self._args.connection is not None:
            port |= self._args.connection.port_mapping
        return {
            "name": self._name,
            "image": self._args.images.service,
            "essential": True,
            "user": settings.user,
            "readonlyRootFilesystem": True,
            **({"mountPoints": mounts} if mounts else {}),
            "portMappings": [port],
            "environment": [{"name": key, "value": variables[key]} for key in sorted(variables)],
            "secrets": [{"name": key, "valueFrom": arn} for key, arn in sorted(secrets.items())],
            "stopTimeout": settings.stop_timeout_seconds,
            "linuxParameters": {
                "initProcessEnabled": True,
                "capabilities": {"drop": ["ALL"]},
                # Bind mounts belong to root; tmpfs mounts are writable for every user
                # (https://aws.amazon.com/about-aws/whats-new/2026/01/amazon-ecs-tmpfs-mounts-aws-fargate-managed-instances/).
                "tmpfs": [
                    {"containerPath": path, "size": size, "mountOptions": ["nosuid", "nodev"]}
                    for path, size in self._writable().items()
                ],
            },
        }

    def _log(self, log_group_name: pulumi.Input[str]) -> dict[str, Any]:
        return {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group_name,
                "awslogs-region": self.foundation.region,
                "awslogs-stream-prefix": self._name,
                # In a burst the driver drops lines instead of blocking requests.
                "mode": "non-blocking",
                "max-buffer-size": "25m",
            },
        }

    def _writable(self) -> dict[str, int]:
        """Writable folders, and their size in MiB."""
        settings = self._args.settings
        # The agent of ECS Exec writes to these folders of the container
        # (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html#ecs-exec-considerations).
        sessions = {"/var/lib/amazon": 32, "/var/log/amazon": 32} if settings.execute_command else {}
        return {"/tmp": settings.temporary_mib, **sessions}

    def _shifting(self, targets: Targets) -> aws.ecs.ServiceLoadBalancerAdvancedConfigurationArgs | None:
        shift = targets.shift
        if shift is None:
            return None
        role = aws.iam.Role(
            f"{self._name}-shift",
            description=f"What ECS may do to move the traffic of {self._name}",
            # Without a source condition: AWS documents none for this role, and roles cannot be passed across accounts
            # (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html).
            assume_role_policy=trust_policy("ecs.amazonaws.com"),
            opts=self._inside,
        )
        policy = aws.iam.RolePolicy(
            f"{self._name}-shift",
            role=role.name,
            policy=policy_document(
                *shift_statements(
                    target_arns=[targets.target_arn, shift.alternate_target_arn],
                    listener_arns=shift.listener_arns,
                    rule_arns=shift.rule_arns,
                )
            ),
            opts=self._inside,
        )
        return aws.ecs.ServiceLoadBalancerAdvancedConfigurationArgs(
            alternate_target_group_arn=shift.alternate_target_arn,
            production_listener_rule=shift.production_rule_arn,
            test_listener_rule=shift.test_rule_arn,
            role_arn=once_ready(role.arn, policy),
        )

    def _watch(self) -> None:
        args = self._args
        here = {"ClusterName": args.cluster_name, "ServiceName": self.service_name}
        for label, metric, namespace, threshold, meaning, todo in (
            (
                "cpu",
                "CPUUtilization",
                "AWS/ECS",
                85,
                "Tasks use more than 85% of their CPU: scaling has reached `max_tasks`, or is too slow.",
                "raise `scaling.max_tasks` or `size.cpu` of the service.",
            ),
            (
                "memory",
                "MemoryUtilization",
                "AWS/ECS",
                90,
                "Tasks use more than 90% of their memory; ECS stops a task that exceeds it.",
                "raise `size.memory_mib` of the service, then look for a memory leak.",
            ),
        ):
            alarm(
                f"{self._name}-{label}",
                metric=Metric(namespace=namespace, name=metric, dimensions=here, statistic="Average"),
                threshold=threshold,
                meaning=meaning,
                todo=todo,
                opts=self._inside,
            )
        alarm(
            f"{self._name}-tasks",
            metric=running_tasks(
                self.foundation.container_insights, cluster_name=args.cluster_name, service_name=self.service_name
            ),
            threshold=args.settings.scaling.min_tasks,
            when="below",
            periods=Periods(breaching=10, evaluated=10),
            heartbeat=True,
            meaning="For ten minutes fewer tasks have run than `scaling.min_tasks`.",
            todo="read the stopped reason of the last stopped tasks in the ECS console.",
            runbook="fargate-service#runningtaskcount",
            opts=self._inside,
        )
