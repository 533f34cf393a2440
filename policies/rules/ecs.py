"""ECS: services, task definitions, clusters."""

from collections.abc import Iterator
from typing import Any

from policies.library.documents import parse
from policies.library.folded import fold
from policies.library.resources import Resource, Stack
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, as_number, as_text, read
from policies.rules.helpers.customer_keys import no_customer_key
from policies.rules.helpers.secrets import is_secret
from policies.rules.helpers.zones import too_few_zones

_TEXTS = {"type": "array", "items": {"type": "string"}}
SERVICE = "ecs/service"
_ZONES = Setting(2, {"type": "integer", "minimum": 1}, "Minimum number of zones.")
_HOST_POWERS = ("ALL", "DAC_READ_SEARCH", "NET_ADMIN", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO")
"""Linux capabilities that let a process leave its container."""


@rule(
    "ecs-cluster-exec-encrypted",
    control="ENC-21",
    pack="encryption",
    title="ECS Exec sessions are encrypted with a customer managed key",
    why="the session carries all input, passwords too",
    fix="set configuration.execute_command_configuration.kms_key_id to a customer managed key",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=("ecs/cluster",),
    paths=("configuration.executeCommandConfiguration.kmsKeyId",),
    references=("checkov:CKV_AWS_224",),
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html",
    limits="Clusters that do not configure ECS Exec are not judged.",
)
def exec_sessions(subject: Subject) -> Iterator[Problem]:
    path = "configuration.executeCommandConfiguration"
    if subject.has(path) and subject.value(path) is not UNKNOWN:
        yield from no_customer_key(subject, f"{path}.kmsKeyId")


def containers_in(subject: Subject) -> list[Any]:
    """Containers of a task definition, given as JSON or as a list; member names in any case, as ECS accepts them."""
    value = parse(subject.value("containerDefinitions"))
    if value is UNKNOWN:
        subject.defer("containerDefinitions")
    return [fold(item) for item in as_list(value) if isinstance(item, dict)]


@rule(
    "ecs-container-logs",
    control="LOG-08",
    pack="guardrails",
    title="Containers write logs, and clusters have Container Insights",
    why="the output of a failed task is lost with the task",
    fix="set logConfiguration on each container, and the cluster's setting containerInsights to enabled or enhanced",
    severity="medium",
    dev="mandatory",
    kinds=("ecs/taskDefinition", "ecs/cluster"),
    paths=("containerDefinitions", "ecs/cluster · settings"),
    references=("fsbp:ECS.9", "fsbp:ECS.12", "cdk-nag:ECS7", "cdk-nag:ECS4", "checkov:CKV_AWS_65"),
)
def container_logs(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "ecs/cluster":
        if subject.value("settings") is UNKNOWN:
            return
        blocks = [block for _, block in subject.blocks("settings")]
        values = [read(block, "value") for block in blocks if read(block, "name") in ("containerInsights", UNKNOWN)]
        if not any(value in ("enabled", "enhanced") or value is UNKNOWN for value in values) and not subject.deferred:
            yield subject.problem("settings", "must have containerInsights enabled or enhanced")
        return
    for container in containers_in(subject):
        if read(container, "logConfiguration") is MISSING:
            name = container.get("name") if isinstance(container.get("name"), str) else "a container"
            yield Problem("containerDefinitions", f"containerDefinitions: {name} must have logConfiguration")


@rule(
    "ecs-service-current-platform",
    control="TAG-10",
    pack="guardrails",
    title="Fargate services use the current platform version",
    why="old platform versions get no fixes and lack encrypted ephemeral storage",
    fix="leave platform_version out, or set it to LATEST",
    severity="medium",
    dev="advisory",
    kinds=("ecs/service",),
    paths=("platformVersion",),
    references=("fsbp:ECS.10", "checkov:CKV_AWS_332", "aws-config:ECS_FARGATE_LATEST_PLATFORM_VERSION"),
    settings={"accepted": Setting(["LATEST", "1.4.0"], _TEXTS, "Accepted versions (1.4.0 is the latest for Linux).")},
)
def current_platform(subject: Subject) -> Iterator[Problem]:
    version = subject.text("platformVersion")
    if isinstance(version, str) and version not in subject.config["accepted"]:
        yield subject.problem("platformVersion", f"must be {' or '.join(subject.config['accepted'])}")


@rule(
    "ecs-service-exec-guarded",
    control="SEC-09",
    pack="guardrails",
    title="ECS Exec is off, or encrypted and logged",
    why="a shell can read everything that the task can read, and leaves no trace",
    fix="leave enable_execute_command out, or set configuration.execute_command_configuration of the cluster with"
    " kms_key_id and logging OVERRIDE",
    severity="medium",
    dev="disabled",
    kinds=("ecs/service",),
    paths=("enableExecuteCommand", "ecs/cluster · configuration.executeCommandConfiguration"),
    stack_kinds=("*",),
    references=("checkov:CKV_AWS_223", "checkov:CKV_AWS_224"),
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html",
    limits="Clusters of other stacks are not judged.",
)
def exec_guarded(subject: Subject) -> Iterator[Problem]:
    if subject.flag("enableExecuteCommand") is not True:
        return
    meant = subject.stack.referred(subject.resource, "cluster", "ecs/cluster")
    if not meant.resources:
        subject.defer("cluster")
    block = "configuration.executeCommandConfiguration"
    for cluster in meant.resources:
        key, logging = (as_text(read(cluster.props, f"{block}.{name}")) for name in ("kmsKeyId", "logging"))
        if key is MISSING or logging in (MISSING, "NONE"):
            yield subject.problem("enableExecuteCommand", f"cluster {cluster.name} must encrypt and log sessions")


def scaling_targets(stack: Stack, service: Resource) -> list[Resource]:
    """Scaling targets of an ECS service, also possible ones, by value or by the text `service/<cluster>/<service>`."""
    name = read(service.props, "name")
    end = "" if name is UNKNOWN else f"/{name}"
    named = [
        target
        for target in stack.of_kind("appautoscaling/target")
        if isinstance(text := read(target.props, "resourceId"), str)
        and text.startswith("service/")
        and text.endswith(end)
    ]
    return [*stack.pointing_at(service, "appautoscaling/target", "resourceId"), *named]


def _too_few_tasks(subject: Subject) -> Iterator[Problem]:
    needed = subject.config["tasks"]
    for target in scaling_targets(subject.stack, subject.resource):
        fewest = as_number(read(target.props, "minCapacity"))
        if fewest is UNKNOWN or (fewest is not MISSING and fewest >= needed):
            return
    count = subject.number("desiredCount")
    if count is not UNKNOWN and (count is MISSING or count < needed):
        yield subject.problem("desiredCount", f"must be at least {int(needed)}")


@rule(
    "ecs-service-multi-az",
    control="HA-11",
    pack="multi_az",
    title="ECS services run two or more tasks in two or more zones",
    why="the failure of one task, or of one zone, stops the service",
    fix="set desired_count (or min_capacity of the scaling target) to 2 or more, network_configuration.subnets to"
    " subnets of two zones, and availability_zone_rebalancing to ENABLED",
    severity="high",
    dev="disabled",
    kinds=(SERVICE,),
    paths=(
        "desiredCount",
        "networkConfiguration.subnets",
        "availabilityZoneRebalancing",
        "appautoscaling/target · minCapacity",
        "ec2/subnet · availabilityZone",
    ),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html",
    settings={
        "tasks": Setting(2, {"type": "integer", "minimum": 1}, "Minimum number of tasks."),
        "zones": _ZONES,
    },
    limits="Of daemon services only the zones are judged.",
)
def ecs_multi_az(subject: Subject) -> Iterator[Problem]:
    if subject.text("schedulingStrategy") in (MISSING, "REPLICA"):
        yield from _too_few_tasks(subject)
    # The provider sets DISABLED as the default.
    if subject.text("availabilityZoneRebalancing") == "DISABLED":
        yield subject.problem("availabilityZoneRebalancing", "must be ENABLED: tasks may stay in one zone")
    yield from too_few_zones(subject, "networkConfiguration.subnets", subject.config["zones"])


@rule(
    "ecs-service-no-public-address",
    control="NET-10",
    pack="guardrails",
    title="ECS tasks have no public address",
    why="a task with a public address bypasses the load balancer and the NAT gateway",
    fix="set network_configuration.assign_public_ip to false and use private subnets",
    severity="high",
    dev="mandatory",
    kinds=(SERVICE,),
    paths=("networkConfiguration.assignPublicIp",),
    references=("fsbp:ECS.2", "checkov:CKV_AWS_333", "prowler:ecs_service_no_assign_public_ip"),
)
def no_public_address(subject: Subject) -> Iterator[Problem]:
    if subject.flag("networkConfiguration.assignPublicIp") is True:
        yield subject.problem("networkConfiguration.assignPublicIp", "must be false")


@rule(
    "ecs-service-rollback",
    control="HA-12",
    pack="multi_az",
    title="Failed deployments of ECS services are rolled back",
    why="for hours ECS retries a release whose tasks do not start, and stops old tasks meanwhile",
    fix="set deployment_circuit_breaker with enable and rollback true (or deployment alarms with rollback)",
    severity="medium",
    dev="advisory",
    kinds=("ecs/service",),
    paths=("deploymentCircuitBreaker.enable", "deploymentCircuitBreaker.rollback", "alarms.rollback"),
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html",
    limits="Services with the deployment controller CODE_DEPLOY or EXTERNAL are not judged.",
)
def rollback(subject: Subject) -> Iterator[Problem]:
    if subject.text("deploymentController.type") not in (MISSING, "ECS") or subject.flag("alarms.rollback") in (
        True,
        UNKNOWN,
    ):
        return
    if subject.value("deploymentCircuitBreaker") is UNKNOWN:
        return
    for name in ("enable", "rollback"):
        if subject.flag(f"deploymentCircuitBreaker.{name}") in (False, MISSING):
            yield subject.problem(f"deploymentCircuitBreaker.{name}", "must be true")


@rule(
    "ecs-service-scales",
    control="HA-13",
    pack="multi_az",
    title="ECS services scale with their load",
    why="a fixed number of tasks is too small at peak load",
    fix="add an appautoscaling.Target for service/<cluster>/<service> with min_capacity 2 or more, and a policy",
    severity="medium",
    dev="disabled",
    kinds=("ecs/service",),
    paths=("appautoscaling/target · resourceId", "appautoscaling/target · minCapacity"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html",
    settings={"tasks": Setting(2, {"type": "integer", "minimum": 1}, "Minimum number of tasks.")},
    limits="Daemon services are not judged.",
)
def scales(subject: Subject) -> Iterator[Problem]:
    stack, service = subject.stack, subject.resource
    if subject.text("schedulingStrategy") not in (MISSING, "REPLICA"):
        return
    targets = scaling_targets(stack, service)
    if not targets:
        yield Problem("desiredCount", "must have an appautoscaling.Target; none references it")
    else:
        fewest = [as_number(read(target.props, "minCapacity")) for target in targets]
        needed = int(subject.config["tasks"])
        if all(isinstance(count, float) and count < needed for count in fewest):
            yield Problem("desiredCount", f"min_capacity of its scaling target must be at least {needed}")


@rule(
    "ecs-task-definition-efs-tls",
    control="TLS-14",
    pack="encryption",
    title="ECS volumes on EFS use TLS and IAM authorisation",
    why="files would cross the network unencrypted, and any task in the VPC could mount them",
    fix="set efs_volume_configuration.transit_encryption to ENABLED and authorization_config.iam to ENABLED",
    severity="high",
    dev="mandatory",
    kinds=("ecs/taskDefinition",),
    paths=(
        "volumes[].efsVolumeConfiguration.transitEncryption",
        "volumes[].efsVolumeConfiguration.authorizationConfig.iam",
    ),
    references=("fsbp:ECS.18", "checkov:CKV_AWS_97", "trivy:AVD-AWS-0035"),
)
def efs_tls(subject: Subject) -> Iterator[Problem]:
    for path, volume in subject.blocks("volumes"):
        block = read(volume, "efsVolumeConfiguration")
        if block is MISSING:
            continue
        for name in ("transitEncryption", "authorizationConfig.iam"):
            value = as_text(read(block, name))
            if value is UNKNOWN:
                subject.defer(f"{path}.efsVolumeConfiguration.{name}")
            elif value != "ENABLED":
                yield subject.problem(f"{path}.efsVolumeConfiguration.{name}", "must be ENABLED")


@rule(
    "ecs-task-definition-hardened-containers",
    control="IAM-26",
    pack="guardrails",
    title="Containers are unprivileged, have a read-only root file system, and are isolated from their host",
    why="a flaw in the application would let an attacker reach the host, or install tools",
    fix="leave privileged, added capabilities, pid_mode host and network_mode host out; set readonlyRootFilesystem"
    " true and a user other than root; mount a volume for files that the container writes",
    severity="high",
    dev="advisory",
    kinds=("ecs/taskDefinition",),
    paths=("containerDefinitions", "pidMode", "ipcMode", "networkMode"),
    references=("fsbp:ECS.3", "fsbp:ECS.4", "fsbp:ECS.5", "fsbp:ECS.20", "checkov:CKV_AWS_334", "checkov:CKV_AWS_336"),
    limits="A container without user may be unprivileged by its image: only an explicit root is reported.",
)
def hardened(subject: Subject) -> Iterator[Problem]:
    for path in ("pidMode", "ipcMode", "networkMode"):
        if subject.text(path) == "host":
            yield subject.problem(path, "must not be host: the task would share it with the host")
    family = as_text(read(subject.resource.props, "runtimePlatform.operatingSystemFamily"))
    windows = family is UNKNOWN or (isinstance(family, str) and family.startswith("WINDOWS"))
    for container in containers_in(subject):
        name = container.get("name") if isinstance(container.get("name"), str) else "a container"
        faults: list[str] = []
        if as_flag(read(container, "privileged")) is True:
            faults.append("must not be privileged")
        added = [item for item in as_list(read(container, "linuxParameters.capabilities.add")) if item in _HOST_POWERS]
        if added:
            faults.append(f"must not have the capability {', '.join(added)}")
        user = as_text(read(container, "user"))
        if isinstance(user, str) and user.split(":")[0] in ("root", "0"):
            faults.append("must not run as root")
        read_only = as_flag(read(container, "readonlyRootFilesystem"))
        if not windows and read_only is not UNKNOWN and read_only is not True:
            faults.append("must have readonlyRootFilesystem true")
        if faults:
            yield Problem("containerDefinitions", f"containerDefinitions: {name} {', '.join(faults)}")


@rule(
    "ecs-task-definition-no-secret-environment",
    control="SEC-01",
    pack="guardrails",
    title="Containers have no secrets in their environment",
    why="many can read task definitions, which are kept for ever and copied into logs and consoles",
    fix="move the value to Secrets Manager, and set its ARN as valueFrom of an entry in the container's secrets",
    severity="critical",
    dev="mandatory",
    kinds=("ecs/taskDefinition",),
    paths=("containerDefinitions",),
    references=("fsbp:ECS.8", "cdk-nag:ECS2", "trivy:AVD-AWS-0036", "aws-config:ECS_NO_ENVIRONMENT_SECRETS"),
    limits="Judged by the variable's name and by the patterns of well-known credentials; the value is never shown.",
)
def container_environment(subject: Subject) -> Iterator[Problem]:
    for container in containers_in(subject):
        for variable in as_list(container.get("environment")):
            if not isinstance(variable, dict):
                continue
            name = variable.get("name")
            if isinstance(name, str) and is_secret(name, variable.get("value")):
                owner = container.get("name") if isinstance(container.get("name"), str) else "a container"
                yield Problem("containerDefinitions", f"containerDefinitions: {owner} has a secret in variable {name}")


@rule(
    "ecs-task-definition-separate-roles",
    control="IAM-08",
    pack="guardrails",
    title="Task role and execution role are separate",
    why="the application would have the ECS agent's permissions: every image, log group and secret of the task",
    fix="set task_role_arn to a role of the application, and execution_role_arn to another for images and logs",
    severity="medium",
    dev="advisory",
    prod="mandatory",
    kinds=("ecs/taskDefinition",),
    paths=("taskRoleArn", "executionRoleArn"),
    stack_kinds=("*",),
    references=("checkov:CKV_AWS_249",),
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-iam-roles.html",
)
def separate_roles(subject: Subject) -> Iterator[Problem]:
    texts = [as_text(read(subject.resource.props, path)) for path in ("taskRoleArn", "executionRoleArn")]
    if all(isinstance(text, str) for text in texts):
        same = texts[0] == texts[1]
    else:
        roles = [
            {role.urn for role in subject.stack.referred(subject.resource, path, "iam/role").resources}
            for path in ("taskRoleArn", "executionRoleArn")
        ]
        same = len(roles[0]) == 1 and roles[0] == roles[1]
    if same:
        yield subject.problem("taskRoleArn", "must not be the execution role")
