"""ECS, Lambda and scaling."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from offline.checks.block import Block
from offline.checks.formats import arn_parts
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule

# CPU units to (least MiB, most MiB, step).
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
_FARGATE = {
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16384, 1024),
    4096: (8192, 30720, 1024),
    8192: (16384, 61440, 4096),
    16384: (32768, 122880, 8192),
}
_SMALLEST = (512, 1024, 2048)
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
_VARIABLE = re.compile(r"[a-zA-Z]\w+", re.ASCII)
_CONTAINER = re.compile(r"[a-zA-Z0-9_-]{1,255}")
_STREAMS = ("kinesis", "dynamodb", "kafka")


@rule("ecs/taskDefinition:TaskDefinition")
def fargate_size(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"""
    if "FARGATE" not in [text for _path, text in args.texts("requiresCompatibilities")]:
        return
    for name in ("cpu", "memory"):
        if args.missing(name):
            yield args.problem(name, f"a Fargate task needs {name}")
    mode = args.text("networkMode")
    if (mode and mode != "awsvpc") or args.missing("networkMode"):
        yield args.problem("networkMode", "a Fargate task needs the network mode awsvpc")
    cpu, memory = args.number("cpu"), args.number("memory")
    if cpu is None:
        return
    if cpu != 256 and cpu not in _FARGATE:
        if cpu < max(_FARGATE):
            yield args.problem("cpu", f"must be one of 256{', '.join(map(str, _FARGATE))} CPU units")
    elif memory is not None and not _fits(int(cpu), memory):
        yield args.problem("memory", f"with {cpu:g} CPU units it must be {_offer(int(cpu))} MiB")


def _fits(cpu: int, memory: float) -> bool:
    if cpu == 256:
        return memory in _SMALLEST
    least, most, step = _FARGATE[cpu]
    return least <= memory <= most and (memory - least) % step == 0


def _offer(cpu: int) -> str:
    if cpu == 256:
        return ", ".join(map(str, _SMALLEST))
    least, most, step = _FARGATE[cpu]
    return f"{least} to {most} in steps of {step}"


@rule("ecs/taskDefinition:TaskDefinition")
def containers(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html"""
    text = args.text("containerDefinitions")
    if text is None:
        return
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return
    for reason in _container_faults(args, found):
        yield args.problem_without_value("containerDefinitions", reason)
        return


def _container_faults(args: Block, found: Any) -> Iterator[str]:
    if not isinstance(found, list) or not found:
        yield "must be a JSON list of at least one container"
        return
    names: list[str] = []
    for index, container in enumerate(found):
        if not isinstance(container, Mapping):
            yield f"container {index} must be a JSON object"
            return
        name = container.get("name")
        if not isinstance(name, str) or not _CONTAINER.fullmatch(name):
            yield f"container {index}: name must be 1 to 255 letters, digits, hyphens or underscores"
            return
        yield from (f"container {name}: {fault}" for fault in _one_container(args, container))
        names.append(name)
    if len(set(names)) < len(names):
        yield f"container names must be unique; received {', '.join(names)}"
    if all(container.get("essential") is False for container in found):
        yield "at least one container must be essential"
    for container in found:
        for wanted in _objects(container, "dependsOn"):
            other = wanted.get("containerName")
            if other not in names:
                yield f"container {container['name']}: dependsOn must name a container; received {other!r}"


# Field of a container, its type, and the type in words.
_CONTAINER_FIELDS: tuple[tuple[str, type, str], ...] = (
    ("essential", bool, "true or false"),
    ("cpu", int, "a number"),
    ("memory", int, "a number"),
    ("command", list, "a list"),
    ("entryPoint", list, "a list"),
    ("environment", list, "a list of name and value"),
    ("secrets", list, "a list of name and valueFrom"),
    ("portMappings", list, "a list"),
    ("mountPoints", list, "a list"),
    ("logConfiguration", Mapping, "an object"),
    ("healthCheck", Mapping, "an object"),
)


def _one_container(args: Block, container: Mapping[str, Any]) -> Iterator[str]:
    image = container.get("image")
    if not isinstance(image, str) or not image:
        yield f"image must be a text; received {image!r}"
    for field, kind, what in _CONTAINER_FIELDS:
        value = container.get(field)
        if value is not None and not isinstance(value, kind):
            yield f"{field} must be {what}"
    for variable in _objects(container, "environment"):
        if not isinstance(variable.get("value", ""), str):
            yield f"environment {variable.get('name')!r}: the value must be a text"
    for secret in _objects(container, "secrets"):
        if not isinstance(secret.get("valueFrom"), str):
            yield f"secrets {secret.get('name')!r} must have valueFrom"
    yield from _ports_and_mounts(args, container)


def _ports_and_mounts(args: Block, container: Mapping[str, Any]) -> Iterator[str]:
    for port in _objects(container, "portMappings") if args.text("networkMode") == "awsvpc" else ():
        host, inside = port.get("hostPort"), port.get("containerPort")
        if host and inside and host != inside:
            yield f"with networkMode awsvpc hostPort must equal containerPort; received {host} and {inside}"
    volumes = {volume.text("name") for volume in args.blocks("volumes")}
    for mount in _objects(container, "mountPoints") if args.settled("volumes") else ():
        if mount.get("sourceVolume") not in volumes:
            yield f"mountPoints must name one of volumes; received {mount.get('sourceVolume')!r}"


def _objects(container: Mapping[str, Any], field: str) -> Iterator[Mapping[str, Any]]:
    value = container.get(field)
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))


@rule("ecs/service:Service")
def service(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html"""
    if args.given("launchType") and args.given("capacityProviderStrategies"):
        yield args.problem("launchType", "only one of launchType and capacityProviderStrategies may be set")
    if args.text("launchType") == "FARGATE" and args.missing("networkConfiguration"):
        yield args.problem("networkConfiguration", "a Fargate service needs a network configuration")
    if args.number("deploymentMaximumPercent") == 100 and args.number("deploymentMinimumHealthyPercent") == 100:
        yield args.problem(
            "deploymentMaximumPercent",
            "must not be 100 together with deploymentMinimumHealthyPercent: ECS could neither stop nor start a task",
        )
    for balancer in args.blocks("loadBalancers"):
        if balancer.missing("targetGroupArn") and balancer.missing("elbName"):
            yield balancer.problem("targetGroupArn", "a load balancer of a service needs its target group")


@rule("lambda/function:Function")
def function_code(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"""
    sources = [name for name in ("code", "imageUri", "s3Bucket") if args.given(name)]
    if not sources:
        yield args.problem("code", "a function needs one of code, imageUri, s3Bucket")
    elif len(sources) > 1:
        yield args.problem_without_value(
            sources[0], f"only one of code, imageUri, s3Bucket may be set; received {', '.join(sources)}"
        )
    if args.given("s3Bucket") and args.missing("s3Key"):
        yield args.problem("s3Key", "code from a bucket needs s3Key")
    if args.unknown("packageType"):
        return
    kind = args.text("packageType") or "Zip"
    needed, excluded = {"Image": (("imageUri",), ("handler", "runtime", "layers"))}.get(
        kind, (("handler", "runtime"), ())
    )
    for name in needed:
        if args.missing(name):
            yield args.problem(name, f"a function of package type {kind} must have {name}")
    for name in excluded:
        if args.given(name):
            yield args.problem(name, f"a function of package type {kind} must not have {name}")


@rule("lambda/function:Function")
def function_environment(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    environment = args.block("environment")
    for name, _value in environment.entries("variables") if environment else ():
        path = f"environment.variables.{name}"
        if name in _RESERVED:
            yield Problem(path, f"{name} must not be set: Lambda reserves it")
        elif not _VARIABLE.fullmatch(name):
            yield Problem(
                path, "the name of a variable must be a letter, then at least one letter, digit or underscore"
            )
    layers = args.count("layers")
    if layers and layers > 5:
        yield args.problem_without_value("layers", f"a function must have at most 5 layers; received {layers}")
    vpc = args.block("vpcConfig")
    if vpc:
        for name, other in (("subnetIds", "securityGroupIds"), ("securityGroupIds", "subnetIds")):
            if vpc.missing(name) and vpc.given(other):
                yield vpc.problem(name, "a function in a VPC needs subnets and security groups")


@rule("lambda/function:Function")
def function_size(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html

    Only functions on a capacity provider (Lambda managed instances) may go beyond.
    """
    storage = args.block("ephemeralStorage")
    for owner, name, most in ((args, "timeout", 900), (args, "memorySize", 10240), (storage, "size", 10240)):
        value = owner.number(name) if owner else None
        if owner and value is not None and value > most and args.missing("capacityProviderConfig"):
            yield owner.problem(name, f"must be at most {most} without a capacity provider")


@rule("lambda/eventSourceMapping:EventSourceMapping")
def event_source(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""
    arn = args.text("eventSourceArn")
    service_name, batch = arn_parts(arn)[0], args.number("batchSize")
    if service_name in _STREAMS and args.missing("startingPosition"):
        yield args.problem("startingPosition", f"a source of service {service_name} needs a starting position")
    if service_name == "sqs" and batch is not None and batch > 10:
        if arn and arn.endswith(".fifo"):
            yield args.problem("batchSize", "the batch of a FIFO queue must have at most 10 messages")
        elif not args.number("maximumBatchingWindowInSeconds") and not args.unknown("maximumBatchingWindowInSeconds"):
            yield args.problem("batchSize", "more than 10 messages need maximumBatchingWindowInSeconds of 1 or more")


@rule("appautoscaling/target:Target")
def scaling_bounds(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html"""
    low, high = args.number("minCapacity"), args.number("maxCapacity")
    if low is not None and high is not None and low > high:
        yield args.problem("minCapacity", f"the minimum must not be above the maximum capacity ({high:g})")
    yield from _dimension(args)


@rule("autoscaling/group:Group")
def group_bounds(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html"""
    low, high = args.number("minSize"), args.number("maxSize")
    if low is not None and high is not None and low > high:
        yield args.problem("minSize", f"the minimum must not be above the maximum size ({high:g})")


@rule("appautoscaling/policy:Policy")
def scaling_policy(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html"""
    yield from _dimension(args)
    needed = {
        "TargetTrackingScaling": "targetTrackingScalingPolicyConfiguration",
        "StepScaling": "stepScalingPolicyConfiguration",
    }.get(args.text("policyType") or "")
    if needed and args.missing(needed):
        yield args.problem(needed, f"a policy of type {args.text('policyType')} needs {needed}")
    tracking = args.block("targetTrackingScalingPolicyConfiguration")
    metrics = ("predefinedMetricSpecification", "customizedMetricSpecification")
    if tracking and all(tracking.missing(name) for name in metrics):
        yield tracking.problem_without_value(
            metrics[0], f"target tracking needs one of {', '.join(metrics)}; received none"
        )


def _dimension(args: Block) -> Iterator[Problem]:
    namespace, dimension = args.text("serviceNamespace"), args.text("scalableDimension")
    if namespace and dimension and not dimension.startswith(f"{namespace}:"):
        yield args.problem("scalableDimension", f"a dimension of {namespace} must start with {namespace}:")
