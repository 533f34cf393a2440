"""CloudWatch and EventBridge: logs, alarms, event buses."""

from collections.abc import Iterator

from policies.library.resources import Resource, Stack
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, read, spread
from policies.rules.helpers.customer_keys import no_customer_key
from policies.rules.helpers.dead_letters import DEAD_LETTERS

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
_EVENTS = {
    "cloudwatch/eventBus": "kmsKeyIdentifier",
    "cloudwatch/eventArchive": "kmsKeyIdentifier",
    "cloudwatch/eventConnection": "kmsKeyIdentifier",
    "scheduler/schedule": "kmsKeyArn",
}


def _is_used(stack: Stack, alarm: Resource) -> bool:
    """Whether a composite alarm, a health check or a deployment uses an alarm, or may use it."""
    if any(stack.pointing_at(alarm, kind, path) for kind, path in _LISTENERS):
        return True
    own = [read(alarm.props, key) for key in ("name", "arn")]
    names = [name for name in own if isinstance(name, str)]
    rules = [read(composite.props, "alarmRule") for composite in stack.of_kind("cloudwatch/compositeAlarm")]
    if rules and own[0] is UNKNOWN:
        return True
    return any(isinstance(text, str) and name in text for text in rules for name in names)


def _watched(stack: Stack, namespace: str) -> bool:
    """Whether an alarm uses a metric of the namespace, or may use it."""
    for alarm in stack.of_kind(_ALARM):
        own = [read(alarm.props, "namespace")]
        own += as_list(spread(alarm.props, "metricQueries[].metric.namespace"))
        if any(value is UNKNOWN or value == namespace for value in own):
            return True
    return False


def _can_fail(subject: Subject) -> bool:
    """Whether a resource needs an alarm: of load balancers only application ones, of queues only dead-letter queues."""
    if subject.resource.kind == "lb/loadBalancer":
        return subject.text("loadBalancerType") in (MISSING, "application")
    if subject.resource.kind == "sqs/queue":
        return any(subject.stack.pointing_at(subject.resource, *place, sure=True) for place in DEAD_LETTERS)
    return True


@rule(
    "cloudwatch-alarms-act",
    control="LOG-15",
    pack="guardrails",
    title="Alarms have an action, and data stores, load balancers and queues have an alarm",
    why="customers notice a fault before the team if no alarm exists, or if it notifies nobody",
    fix="set alarm_actions to the ARN of a topic and leave actions_enabled on; add alarms for load balancer, cache,"
    " search, brokers and dead-letter queues",
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
            "Kinds that must have an alarm; of queues only dead-letter queues.",
        )
    },
    limits="One alarm on the service's namespace is enough; alarms that a composite alarm, a health check or a"
    " deployment uses need no action.",
)
def alarms_act(subject: Subject) -> Iterator[Problem]:
    stack, resource = subject.stack, subject.resource
    if resource.kind != _ALARM:
        namespace = _NAMESPACES[resource.kind]
        if resource.kind in subject.config["watched"] and _can_fail(subject) and not _watched(stack, namespace):
            yield Problem("metricAlarm", f"an alarm must use a metric of {namespace}; none of this stack does")
        return
    if _is_used(stack, resource):
        return
    if subject.flag("actionsEnabled") is False:
        yield subject.problem("actionsEnabled", "must be true")
    elif not subject.has("alarmActions"):
        yield subject.problem("alarmActions", "must name an action: the alarm notifies nobody")


@rule(
    "cloudwatch-event-bus-archived",
    control="BCK-17",
    pack="guardrails",
    title="Event buses have an archive",
    why="events that a faulty consumer lost could not be replayed",
    fix="add a cloudwatch.EventArchive with the bus's ARN as event_source_arn, and retention_days",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=("cloudwatch/eventBus",),
    paths=("cloudwatch/eventArchive · eventSourceArn",),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html",
    limits="Partner event buses are not judged.",
)
def bus_archived(subject: Subject) -> Iterator[Problem]:
    if subject.has("eventSourceName"):
        return
    if not subject.stack.pointing_at(subject.resource, "cloudwatch/eventArchive", "eventSourceArn"):
        yield Problem("eventArchive", "must have a cloudwatch.EventArchive; none references it")


@rule(
    "cloudwatch-event-target-dead-letters",
    control="HA-22",
    pack="multi_az",
    title="Event targets have a dead-letter queue",
    why="EventBridge drops an event without a trace when its target fails for a day",
    fix="set dead_letter_config.arn to a queue, and retry_policy",
    severity="medium",
    dev="advisory",
    kinds=("cloudwatch/eventTarget",),
    paths=("deadLetterConfig.arn", "retryPolicy"),
    url="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html",
)
def event_target(subject: Subject) -> Iterator[Problem]:
    if not subject.has("deadLetterConfig.arn"):
        yield subject.problem("deadLetterConfig.arn", "must be the ARN of a queue: failed events are lost")


@rule(
    "cloudwatch-events-customer-key",
    control="ENC-12",
    pack="encryption",
    title="Event buses, archives, connections and schedules are encrypted with a customer managed key",
    why="events carry orders and addresses, connections carry credentials",
    fix="set kms_key_identifier (kms_key_arn of a schedule) to a customer managed key",
    severity="medium",
    dev="disabled",
    prod="advisory",
    kinds=tuple(_EVENTS),
    paths=("kmsKeyIdentifier", "scheduler/schedule · kmsKeyArn"),
    references=("checkov:CKV_AWS_297",),
    url="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption.html",
)
def events(subject: Subject) -> Iterator[Problem]:
    yield from no_customer_key(subject, _EVENTS[subject.resource.kind])


@rule(
    "cloudwatch-log-group-customer-key",
    control="ENC-11",
    pack="encryption",
    title="CloudWatch log groups are encrypted with a customer managed key",
    why="logs hold customers' addresses and names; only a customer managed key can be revoked",
    fix="set kms_key_id to a customer managed key whose policy allows logs.<region>.amazonaws.com",
    severity="low",
    dev="disabled",
    kinds=("cloudwatch/logGroup",),
    paths=("kmsKeyId",),
    references=("checkov:CKV_AWS_158", "trivy:AVD-AWS-0017", "aws-config:CLOUDWATCH_LOG_GROUP_ENCRYPTED"),
    url="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
)
def log_group(subject: Subject) -> Iterator[Problem]:
    yield from no_customer_key(subject, "kmsKeyId")


@rule(
    "cloudwatch-log-group-retention",
    control="LOG-12",
    pack="guardrails",
    title="CloudWatch log groups have a retention",
    why="without a retention logs are kept, and paid for, for ever; after a short one, no log explains an incident",
    fix="set retention_in_days to at least the days of the profile",
    severity="medium",
    dev="mandatory",
    kinds=("cloudwatch/logGroup",),
    paths=("retentionInDays",),
    references=(
        "fsbp:CloudWatch.16",
        "checkov:CKV_AWS_66",
        "checkov:CKV_AWS_338",
        "aws-config:CW_LOGGROUP_RETENTION_PERIOD_CHECK",
    ),
    settings={"days": Setting(90, {"type": "integer", "minimum": 1}, "Minimum number of days.")},
)
def retention(subject: Subject) -> Iterator[Problem]:
    if subject.text("logGroupClass") in ("DELIVERY", UNKNOWN):
        # Log groups of class DELIVERY keep logs for two days and accept no other value.
        return
    days, fewest = subject.number("retentionInDays"), subject.config["days"]
    if days is UNKNOWN:
        return
    if days is MISSING or days == 0:
        yield subject.problem("retentionInDays", f"must be at least {int(fewest)} days: logs are kept for ever")
    elif days < fewest:
        yield subject.problem("retentionInDays", f"must be at least {int(fewest)} days")
