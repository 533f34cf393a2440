"""Logs and alarms of what runs: containers, search, brokers, caches, functions."""

from collections.abc import Iterator

from policies.library.resources import Resource, Stack
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_flag, as_list, as_text, read, spread
from policies.rules.resilience import DEAD_LETTERS
from policies.rules.secrets import containers_in

_ALARM = "cloudwatch/metricAlarm"
_NAMESPACES = {
    "lb/loadBalancer": "AWS/ApplicationELB",
    "elasticache/replicationGroup": "AWS/ElastiCache",
    "opensearch/domain": "AWS/ES",
    "msk/cluster": "AWS/Kafka",
    "dynamodb/table": "AWS/DynamoDB",
    "sqs/queue": "AWS/SQS",
}
_LISTENERS = (
    ("cloudwatch/compositeAlarm", "alarmRule"),
    ("route53/healthCheck", "cloudwatchAlarmName"),
    ("ecs/service", "alarms.alarmNames"),
    ("codedeploy/deploymentGroup", "alarmConfiguration.alarms"),
)
_TEXTS = {"type": "array", "items": {"type": "string"}}


@rule(
    "ecs-container-logs",
    control="LOG-08",
    pack="guardrails",
    title="Containers write logs, clusters have Container Insights",
    why="a task that fails is gone with all that it printed",
    fix="give each container a logConfiguration; set the cluster's setting containerInsights to enabled or enhanced",
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
            yield subject.problem("settings", "containerInsights is not enabled")
        return
    for container in containers_in(subject):
        if read(container, "logConfiguration") is MISSING:
            name = container.get("name") if isinstance(container.get("name"), str) else "a container"
            yield Problem("containerDefinitions", f"containerDefinitions: {name} has no logConfiguration")


@rule(
    "opensearch-domain-logs",
    control="LOG-09",
    pack="guardrails",
    title="Search domains keep audit, error and slow logs",
    why="who read what, and why a query was slow or failed, is told by these logs alone",
    fix="add log_publishing_options with a log group for each type of log",
    severity="medium",
    dev="disabled",
    kinds=("opensearch/domain",),
    paths=("logPublishingOptions[].logType", "logPublishingOptions[].enabled"),
    references=("fsbp:OpenSearch.4", "fsbp:OpenSearch.5", "cdk-nag:OS9", "checkov:CKV_AWS_84", "checkov:CKV_AWS_317"),
    settings={
        "logs": Setting(
            ["AUDIT_LOGS", "ES_APPLICATION_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS"],
            _TEXTS,
            "Logs that are needed.",
        )
    },
)
def search_logs(subject: Subject) -> Iterator[Problem]:
    if subject.value("logPublishingOptions") is UNKNOWN:
        return
    kept: set[str] = set()
    for path, block in subject.blocks("logPublishingOptions"):
        kind = as_text(read(block, "logType"))
        if kind is UNKNOWN:
            subject.defer(path)
            return
        if as_flag(read(block, "enabled")) is not False and isinstance(kind, str):
            kept.add(kind)
    missing = [kind for kind in subject.config["logs"] if kind not in kept]
    if missing and not subject.deferred:
        yield Problem("logPublishingOptions", f"log_publishing_options lacks {', '.join(missing)}")


@rule(
    "msk-cluster-logs",
    control="LOG-10",
    pack="guardrails",
    title="Kafka clusters keep broker logs and detailed metrics",
    why="lost leaders and full disks are seen in broker logs and per-broker metrics first",
    fix="set logging_info.broker_logs to a log group, stream or bucket, and enhanced_monitoring PER_BROKER or finer",
    severity="medium",
    dev="disabled",
    kinds=("msk/cluster",),
    paths=("loggingInfo.brokerLogs", "enhancedMonitoring"),
    references=("fsbp:MSK.2", "cdk-nag:MSK6", "checkov:CKV_AWS_80", "trivy:AVD-AWS-0074"),
)
def broker_logs(subject: Subject) -> Iterator[Problem]:
    if subject.text("enhancedMonitoring") in (MISSING, "DEFAULT"):
        yield subject.problem("enhancedMonitoring", "must be PER_BROKER or finer")
    base = "loggingInfo.brokerLogs"
    if subject.value(base) is UNKNOWN:
        return
    flags = [subject.flag(f"{base}.{name}.enabled") for name in ("cloudwatchLogs", "firehose", "s3")]
    if all(flag in (False, MISSING) for flag in flags):
        yield subject.problem(base, "broker logs go nowhere")


@rule(
    "elasticache-cache-logs",
    control="LOG-11",
    pack="guardrails",
    title="Caches deliver slow and engine logs",
    why="commands that block the cache for everybody are named in the slow log alone",
    fix="add log_delivery_configurations with log_type slow-log and engine-log",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=("elasticache/replicationGroup",),
    paths=("logDeliveryConfigurations[].logType",),
    url="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Log_Delivery.html",
    settings={"logs": Setting(["slow-log", "engine-log"], _TEXTS, "Logs that are needed.")},
)
def cache_logs(subject: Subject) -> Iterator[Problem]:
    kept = as_list(spread(subject.resource.props, "logDeliveryConfigurations[].logType"))
    if UNKNOWN in kept:
        subject.defer("logDeliveryConfigurations")
        return
    missing = [kind for kind in subject.config["logs"] if kind not in kept]
    if missing:
        yield Problem("logDeliveryConfigurations", f"log_delivery_configurations lacks {', '.join(missing)}")


@rule(
    "lambda-function-log-group",
    control="LOG-13",
    pack="guardrails",
    title="Functions have a log group of this program",
    why="the group that a function makes by itself keeps everything for ever, under no key",
    fix="add a cloudwatch.LogGroup, and name it in logging_config.log_group (or name it /aws/lambda/<function>)",
    severity="low",
    dev="advisory",
    kinds=("lambda/function",),
    paths=("loggingConfig.logGroup", "cloudwatch/logGroup · name"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html",
    limits="Replicas of Lambda@Edge log in other Regions too; those groups are not judged.",
)
def function_log_group(subject: Subject) -> Iterator[Problem]:
    stack, function = subject.stack, subject.resource
    if subject.has("loggingConfig.logGroup"):
        return
    if stack.pointing_at(function, "cloudwatch/logGroup", "name"):
        return
    name = read(function.props, "name")
    groups = [read(group.props, "name") for group in stack.of_kind("cloudwatch/logGroup")]
    if UNKNOWN in groups or (name is UNKNOWN and groups):
        subject.defer("name")
        return
    if isinstance(name, str) and f"/aws/lambda/{name}" in groups:
        return
    yield Problem("loggingConfig", "no cloudwatch.LogGroup of this program is the function's")


def _is_heard(stack: Stack, alarm: Resource) -> bool:
    """Whether a composite alarm, a health check or a deployment listens to an alarm, or may do so."""
    if any(stack.pointing_at(alarm, kind, path) for kind, path in _LISTENERS):
        return True
    own = [read(alarm.props, key) for key in ("name", "arn")]
    names = [name for name in own if isinstance(name, str)]
    rules = [read(composite.props, "alarmRule") for composite in stack.of_kind("cloudwatch/compositeAlarm")]
    if rules and own[0] is UNKNOWN:
        return True
    return any(isinstance(text, str) and name in text for text in rules for name in names)


def _watched(stack: Stack, namespace: str) -> bool:
    """Whether an alarm looks at a metric of the namespace, or may do so."""
    for alarm in stack.of_kind(_ALARM):
        own = [read(alarm.props, "namespace")]
        own += as_list(spread(alarm.props, "metricQueries[].metric.namespace"))
        if any(value is UNKNOWN or value == namespace for value in own):
            return True
    return False


def _can_fail(subject: Subject) -> bool:
    """Whether trouble with it is to be heard of: not with every load balancer and queue."""
    if subject.resource.kind == "lb/loadBalancer":
        return subject.text("loadBalancerType") in (MISSING, "application")
    if subject.resource.kind == "sqs/queue":
        return any(subject.stack.pointing_at(subject.resource, *place, sure=True) for place in DEAD_LETTERS)
    return True


@rule(
    "cloudwatch-alarms-act",
    control="LOG-15",
    pack="guardrails",
    title="Alarms call somebody, and the tiers that can fail have one",
    why="an alarm that nobody hears, or that does not exist, finds the fault after the customers do",
    fix="give alarm_actions the ARN of a topic and leave actions_enabled on; add alarms for load balancer, cache,"
    " search, brokers and dead letters",
    severity="high",
    dev="disabled",
    kinds=(_ALARM, *_NAMESPACES),
    paths=("alarmActions", "actionsEnabled", "cloudwatch/metricAlarm · namespace"),
    stack_kinds=("*",),
    references=("aws-config:CLOUDWATCH_ALARM_ACTION_CHECK", "prowler:cloudwatch_alarm_actions_alarm_state_configured"),
    url="https://docs.aws.amazon.com/config/latest/developerguide/cloudwatch-alarm-action-check.html",
    settings={
        "watched": Setting(
            [kind for kind in _NAMESPACES if kind not in ("dynamodb/table", "sqs/queue")],
            {"type": "array", "items": {"type": "string", "enum": list(_NAMESPACES)}},
            "Kinds that need an alarm; of queues those that take dead letters.",
        )
    },
    limits="One alarm of the service's namespace is enough; alarms heard by a composite alarm, a health check or a"
    " deployment need no action.",
)
def alarms_act(subject: Subject) -> Iterator[Problem]:
    stack, resource = subject.stack, subject.resource
    if resource.kind != _ALARM:
        namespace = _NAMESPACES[resource.kind]
        if resource.kind in subject.config["watched"] and _can_fail(subject) and not _watched(stack, namespace):
            yield Problem("metricAlarm", f"no alarm of this stack looks at a metric of {namespace}")
        return
    if _is_heard(stack, resource):
        return
    if subject.flag("actionsEnabled") is False:
        yield subject.problem("actionsEnabled", "must be true")
    elif not subject.has("alarmActions"):
        yield subject.problem("alarmActions", "nobody is called")
