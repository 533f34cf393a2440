"""SQS, SNS, EventBridge, Scheduler, Pipes and Kinesis."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from offline.checks.block import Block, number_of
from offline.checks.formats import arn_parts
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule
from offline.checks.rules.schedules import schedule_fault

_QUEUE = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo")
_PHONE = re.compile(r"\+?\d[\d -]{4,18}")
_MAX_RECEIVES = 1000


def _fifo_name(args: Block, fifo: str, pattern: re.Pattern[str], what: str) -> Iterator[Problem]:
    name, is_fifo = args.text("name"), args.flag(fifo)
    if name is None or args.unknown(fifo):
        return
    if is_fifo and not name.endswith(".fifo"):
        yield args.problem("name", f"the name of a FIFO {what} must end with .fifo")
    elif not is_fifo and name.endswith(".fifo"):
        yield args.problem("name", f"only the name of a FIFO {what} ({fifo}) may end with .fifo")
    elif not pattern.fullmatch(name):
        yield args.problem("name", "must be letters, digits, hyphens and underscores, within the length limit")


def _needs_fifo(args: Block, fifo: str, names: tuple[str, ...], what: str) -> Iterator[Problem]:
    if args.flag(fifo) or args.unknown(fifo):
        return
    for name in names:
        if args.given(name) and args.flag(name) is not False:
            yield args.problem(name, f"can only be set for a FIFO {what} ({fifo})")


@rule("sqs/queue:Queue")
def queue(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""
    yield from _fifo_name(args, "fifoQueue", _QUEUE, "queue")
    fifo_only = ("contentBasedDeduplication", "deduplicationScope", "fifoThroughputLimit")
    yield from _needs_fifo(args, "fifoQueue", fifo_only, "queue")
    if args.text("fifoThroughputLimit") == "perMessageGroupId" and args.text("deduplicationScope") == "queue":
        yield args.problem("deduplicationScope", "throughput perMessageGroupId needs deduplicationScope messageGroup")
    if args.given("kmsMasterKeyId") and args.flag("sqsManagedSseEnabled") is not None:
        yield args.problem("kmsMasterKeyId", "only one of kmsMasterKeyId and sqsManagedSseEnabled may be set")


@rule("sqs/queue:Queue", "sqs/redrivePolicy:RedrivePolicy")
def redrive(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
    policy = _object(args, "redrivePolicy")
    if policy is None:
        return
    target, receives = policy.get("deadLetterTargetArn"), number_of(policy.get("maxReceiveCount"))
    if not isinstance(target, str) or not target.startswith("arn:"):
        yield args.problem_without_value("redrivePolicy", "deadLetterTargetArn must be the ARN of a queue, as text")
    elif arn_parts(target)[0] == "sqs" and args.flag("fifoQueue") not in (None, target.endswith(".fifo")):
        yield args.problem_without_value(
            "redrivePolicy", "the dead-letter queue of a FIFO queue must be FIFO, and vice versa"
        )
    if receives is None or not 1 <= receives <= _MAX_RECEIVES:
        yield args.problem_without_value("redrivePolicy", f"maxReceiveCount must be between 1 and {_MAX_RECEIVES}")


def _object(args: Block, name: str) -> Mapping[str, Any] | None:
    text = args.text(name)
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, Mapping) else None


@rule("sns/topic:Topic")
def topic(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html"""
    yield from _fifo_name(args, "fifoTopic", _TOPIC, "topic")
    yield from _needs_fifo(args, "fifoTopic", ("contentBasedDeduplication", "archivePolicy"), "topic")


@rule("sns/topicSubscription:TopicSubscription")
def subscription(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"""
    protocol, endpoint = args.text("protocol"), args.text("endpoint")
    if protocol and endpoint:
        right = {
            "email": "@" in endpoint,
            "email-json": "@" in endpoint,
            "http": endpoint.startswith("http://"),
            "https": endpoint.startswith("https://"),
            "sms": _PHONE.fullmatch(endpoint) is not None,
            "sqs": endpoint.startswith("arn:"),
            "lambda": endpoint.startswith("arn:"),
            "firehose": endpoint.startswith("arn:"),
            "application": endpoint.startswith("arn:"),
        }.get(protocol, True)
        if not right:
            yield args.problem("endpoint", f"must be an endpoint of protocol {protocol}")
    if protocol == "firehose" and args.missing("subscriptionRoleArn"):
        yield args.problem("subscriptionRoleArn", "protocol firehose needs a role")
    if args.flag("rawMessageDelivery") and protocol in ("email", "email-json", "sms", "lambda", "application"):
        yield args.problem("rawMessageDelivery", f"protocol {protocol} must not have raw message delivery")


@rule("cloudwatch/eventRule:EventRule")
def event_rule(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html"""
    if args.missing("eventPattern") and args.missing("scheduleExpression"):
        yield args.problem_without_value(
            "eventPattern", "a rule needs eventPattern or scheduleExpression; received neither"
        )
    expression = args.text("scheduleExpression")
    fault = schedule_fault(expression) if expression else None
    if fault:
        yield args.problem("scheduleExpression", fault)
    bus = args.text("eventBusName")
    if args.given("scheduleExpression") and bus and bus != "default" and not bus.endswith("event-bus/default"):
        yield args.problem("scheduleExpression", "must be on the default event bus: AWS runs schedules on no other")
    pattern = _object(args, "eventPattern")
    if pattern is not None:
        wrong = next(_pattern_faults(pattern, ""), None)
        if wrong or not pattern:
            yield args.problem_without_value("eventPattern", wrong or "a pattern needs at least one field")


def _pattern_faults(pattern: Mapping[str, Any], path: str) -> Iterator[str]:
    for key, value in pattern.items():
        here = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping):
            yield from _pattern_faults(value, here)
        elif not isinstance(value, list):
            yield f"the values of {here} must be a list"
        elif not value:
            yield f"the list of {here} must not be empty"


@rule("cloudwatch/eventTarget:EventTarget")
def event_target(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html"""
    given = [name for name in ("input", "inputPath", "inputTransformer") if args.given(name)]
    if len(given) > 1:
        yield args.problem_without_value(
            given[0], f"only one of input, inputPath, inputTransformer; received {', '.join(given)}"
        )
    arn = args.text("arn")
    if arn and arn_parts(arn)[0] == "sqs" and arn.endswith(".fifo") and args.missing("sqsTarget"):
        yield args.problem("sqsTarget", "a FIFO queue as target needs sqsTarget.messageGroupId")
    if args.given("ecsTarget") and args.missing("roleArn"):
        yield args.problem("roleArn", "an ECS task as target needs a role")


@rule("scheduler/schedule:Schedule")
def schedule(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html"""
    expression = args.text("scheduleExpression")
    fault = schedule_fault(expression, once=True) if expression else None
    if fault:
        yield args.problem("scheduleExpression", fault)
    window = args.block("flexibleTimeWindow")
    if window and window.text("mode") == "FLEXIBLE" and window.missing("maximumWindowInMinutes"):
        yield window.problem("maximumWindowInMinutes", "mode FLEXIBLE needs the length of the window")
    elif window and window.text("mode") == "OFF" and window.given("maximumWindowInMinutes"):
        yield window.problem("maximumWindowInMinutes", "must not be set: mode OFF has no window")


@rule("kinesis/stream:Stream")
def stream(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html"""
    details = args.block("streamModeDetails")
    mode = details.text("streamMode") if details else None
    if args.missing("streamModeDetails") or mode == "PROVISIONED":
        if args.missing("shardCount"):
            yield args.problem("shardCount", "a stream of mode PROVISIONED needs a number of shards")
    elif mode == "ON_DEMAND" and args.given("shardCount"):
        yield args.problem("shardCount", "must not be set: a stream of mode ON_DEMAND has no number of shards")
    if args.text("encryptionType") == "KMS" and args.missing("kmsKeyId"):
        yield args.problem("kmsKeyId", "encryption type KMS needs a key")


@rule("kinesis/firehoseDeliveryStream:FirehoseDeliveryStream")
def firehose(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html"""
    needed = {
        "extended_s3": "extendedS3Configuration",
        "http_endpoint": "httpEndpointConfiguration",
        "opensearch": "opensearchConfiguration",
        "opensearchserverless": "opensearchserverlessConfiguration",
        "iceberg": "icebergConfiguration",
    }.get(args.text("destination") or "")
    if needed and args.missing(needed):
        yield args.problem(needed, f"destination {args.text('destination')} needs {needed}")


@rule("pipes/pipe:Pipe")
def pipe(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html"""
    parameters = args.block("sourceParameters")
    streams = {"kinesis": "kinesisStreamParameters", "dynamodb": "dynamodbStreamParameters"}
    service, _region = arn_parts(args.text("source"))
    name = streams.get(service)
    if name and not args.unknown("sourceParameters") and (parameters is None or parameters.missing(name)):
        yield args.problem_without_value(
            "sourceParameters", f"a source of {service} needs sourceParameters.{name}; received none"
        )
