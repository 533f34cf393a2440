"""ECS and Lambda: several zones, encrypted volumes, no public addresses."""

from collections.abc import Iterator

from policies.library.resources import Resource, Stack
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_number, as_text, read
from policies.rules.load_balancers import too_few_zones

SERVICE = "ecs/service"
_ZONES = Setting(2, {"type": "integer", "minimum": 1}, "Fewest zones.")


@rule(
    "ecs-service-multi-az",
    control="HA-11",
    pack="multi_az",
    title="ECS services run two or more tasks over two or more zones",
    why="one task, or one zone, is one failure away from no answer",
    fix="set desired_count (or the scaling target's min_capacity) to 2 or more, network_configuration.subnets to"
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
        "tasks": Setting(2, {"type": "integer", "minimum": 1}, "Fewest tasks."),
        "zones": _ZONES,
    },
    limits="Daemon services are judged by their zones only.",
)
def ecs_multi_az(subject: Subject) -> Iterator[Problem]:
    if subject.text("schedulingStrategy") in (MISSING, "REPLICA"):
        yield from _too_few_tasks(subject)
    # The provider fills in DISABLED where the program says nothing.
    if subject.text("availabilityZoneRebalancing") == "DISABLED":
        yield subject.problem("availabilityZoneRebalancing", "tasks would stay crowded in one zone after a failure")
    yield from too_few_zones(subject, "networkConfiguration.subnets", subject.config["zones"])


def scaling_targets(stack: Stack, service: Resource) -> list[Resource]:
    """Scaling targets that an ECS service has, or may have, by value or by the text `service/<cluster>/<service>`."""
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
        yield subject.problem("desiredCount", f"at least {int(needed)} tasks are needed")


@rule(
    "ecs-service-no-public-address",
    control="NET-10",
    pack="guardrails",
    title="ECS tasks get no public address",
    why="a task with a public address is reached, and reaches out, around load balancer and NAT",
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
    "ecs-task-definition-efs-tls",
    control="TLS-14",
    pack="encryption",
    title="ECS volumes on EFS use TLS and IAM authorisation",
    why="files would cross the network in clear, and any task in the VPC could mount them",
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
    "lambda-function-zones",
    control="HA-14",
    pack="multi_az",
    title="Functions in a VPC use subnets of two or more zones",
    why="a function whose only zone fails cannot start",
    fix="give vpc_config.subnet_ids subnets of at least two availability zones",
    severity="medium",
    dev="advisory",
    kinds=("lambda/function",),
    paths=(
        "vpcConfig.subnetIds",
        "ec2/subnet · availabilityZone",
    ),
    stack_kinds=("*",),
    references=(
        "fsbp:Lambda.5",
        "aws-config:LAMBDA_VPC_MULTI_AZ_CHECK",
        "prowler:awslambda_function_vpc_multi_az",
    ),
    settings={"zones": _ZONES},
)
def lambda_zones(subject: Subject) -> Iterator[Problem]:
    yield from too_few_zones(subject, "vpcConfig.subnetIds", subject.config["zones"])
