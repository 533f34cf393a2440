"""What happens on failure: rollbacks, scaling, dead letters, retries."""

import fnmatch
from collections.abc import Iterator
from typing import Any

from policies.library.documents import parse
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, as_number, as_text, read, spread
from policies.rules.compute import scaling_targets

_QUEUE = "sqs/queue"
_FUNCTION = "lambda/function"
_ASYNCHRONOUS = ("events", "s3", "sns", "ses", "iot", "config", "logs", "scheduler", "cognito-idp.sync")
DEAD_LETTERS = (
    (_QUEUE, "redrivePolicy"),
    ("sqs/redrivePolicy", "redrivePolicy"),
    ("sns/topicSubscription", "redrivePolicy"),
    (_FUNCTION, "deadLetterConfig.targetArn"),
    ("lambda/functionEventInvokeConfig", "destinationConfig.onFailure.destination"),
    ("lambda/eventSourceMapping", "destinationConfig.onFailure.destinationArn"),
    ("cloudwatch/eventBus", "deadLetterConfig.arn"),
    ("cloudwatch/eventTarget", "deadLetterConfig.arn"),
    ("scheduler/schedule", "target.deadLetterConfig.arn"),
    ("pipes/pipe", "sourceParameters.dynamodbStreamParameters.deadLetterConfig.arn"),
    ("pipes/pipe", "sourceParameters.kinesisStreamParameters.deadLetterConfig.arn"),
)
"""Properties that name the queue which takes what fails."""


@rule(
    "ecs-service-rollback",
    control="HA-12",
    pack="multi_az",
    title="Failed deployments of ECS services are rolled back",
    why="a release whose tasks do not start is tried for hours, while the old ones are taken away",
    fix="set deployment_circuit_breaker with enable and rollback true (or deployment alarms with rollback)",
    severity="medium",
    dev="advisory",
    kinds=("ecs/service",),
    paths=("deploymentCircuitBreaker.enable", "deploymentCircuitBreaker.rollback", "alarms.rollback"),
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html",
    limits="Services that CodeDeploy or another controller deploys are not judged.",
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
    why="a fixed number of tasks is too small on the day that counts",
    fix="add an appautoscaling.Target for service/<cluster>/<service> with min_capacity 2 or more, and a policy",
    severity="medium",
    dev="disabled",
    kinds=("ecs/service",),
    paths=("appautoscaling/target · resourceId", "appautoscaling/target · minCapacity"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html",
    settings={"tasks": Setting(2, {"type": "integer", "minimum": 1}, "Fewest tasks.")},
    limits="Daemon services are not judged.",
)
def scales(subject: Subject) -> Iterator[Problem]:
    stack, service = subject.stack, subject.resource
    if subject.text("schedulingStrategy") not in (MISSING, "REPLICA"):
        return
    targets = scaling_targets(stack, service)
    if not targets:
        yield Problem("desiredCount", "no appautoscaling.Target has this service")
    else:
        fewest = [as_number(read(target.props, "minCapacity")) for target in targets]
        needed = int(subject.config["tasks"])
        if all(isinstance(count, float) and count < needed for count in fewest):
            yield Problem("desiredCount", f"min_capacity of its scaling target is below {needed}")


@rule(
    "sqs-queue-dead-letters",
    control="HA-20",
    pack="multi_az",
    title="Queues hand messages that fail to a dead-letter queue of the same kind",
    why="a message that cannot be handled blocks its group, or comes again until it is lost",
    fix="set redrive_policy (or an sqs.RedrivePolicy) with deadLetterTargetArn and maxReceiveCount; the dead-letter"
    " queue of a FIFO queue is FIFO",
    severity="medium",
    dev="mandatory",
    staging="mandatory",
    kinds=(_QUEUE,),
    paths=("redrivePolicy", "sqs/redrivePolicy · redrivePolicy", "fifoQueue"),
    stack_kinds=("*",),
    references=("cdk-nag:SQS3",),
    url="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    settings={
        "dead_letter_names": Setting(
            ["*dlq*", "*dead*letter*", "*deadletter*"],
            {"type": "array", "items": {"type": "string"}},
            "Queues (globs) that take dead letters themselves.",
        ),
        "receives": Setting(100, {"type": "integer", "minimum": 1}, "Highest maxReceiveCount."),
    },
    limits="Queues that others name as their target of dead letters need none.",
)
def dead_letters(subject: Subject) -> Iterator[Problem]:
    stack, queue = subject.stack, subject.resource
    policies = [(queue, read(queue.props, "redrivePolicy"))]
    policies += [
        (holder, read(holder.props, "redrivePolicy"))
        for holder in stack.pointing_at(queue, "sqs/redrivePolicy", "queueUrl")
    ]
    given = [(holder, parse(value)) for holder, value in policies if value is not MISSING and value != ""]
    if not given:
        if not _takes_dead_letters(subject):
            yield subject.problem("redrivePolicy", "messages that fail are lost in the end")
        return
    for holder, document in given:
        if not isinstance(document, dict):
            subject.defer("redrivePolicy")
        else:
            count = as_number(read(document, "maxReceiveCount"))
            if isinstance(count, float) and count > subject.config["receives"]:
                yield Problem("redrivePolicy", f"maxReceiveCount is {int(count)}: the message is tried for too long")
        targets = [
            target for target in stack.referred(holder, "redrivePolicy", _QUEUE).resources if target.urn != queue.urn
        ]
        own = subject.flag("fifoQueue")
        for target in targets if len(targets) == 1 else ():
            other = read(target.props, "fifoQueue")
            if UNKNOWN not in (own, other) and (own is True) != (other is True):
                yield Problem("redrivePolicy", f"{target.name} is no FIFO queue as this one, or the other way round")


def _takes_dead_letters(subject: Subject) -> bool:
    """Whether a queue is, or may be, the one that takes the failures of something else."""
    stack, queue = subject.stack, subject.resource
    names = [queue.name, read(queue.props, "name")]
    globs = subject.config["dead_letter_names"]
    if any(isinstance(name, str) and fnmatch.fnmatch(name.lower(), glob) for name in names for glob in globs):
        return True
    if subject.has("redriveAllowPolicy") or stack.pointing_at(queue, "sqs/redriveAllowPolicy", "queueUrl"):
        return True
    if any(stack.pointing_at(queue, kind, path) for kind, path in DEAD_LETTERS):
        return True
    arn = read(queue.props, "arn")
    texts: list[Any] = [read(other.props, "redrivePolicy") for other in stack.of_kind(_QUEUE, "sqs/redrivePolicy")]
    return isinstance(arn, str) and any(arn in str(text) for text in texts if text is not MISSING)


@rule(
    "cloudwatch-event-target-dead-letters",
    control="HA-22",
    pack="multi_az",
    title="Event targets keep what cannot be delivered",
    why="an event whose target fails for a day is dropped without a trace",
    fix="set dead_letter_config.arn to a queue, and retry_policy",
    severity="medium",
    dev="advisory",
    kinds=("cloudwatch/eventTarget",),
    paths=("deadLetterConfig.arn", "retryPolicy"),
    url="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html",
)
def event_target(subject: Subject) -> Iterator[Problem]:
    if not subject.has("deadLetterConfig.arn"):
        yield subject.problem("deadLetterConfig.arn", "events that fail are dropped")


@rule(
    "lambda-function-failures-kept",
    control="HA-19",
    pack="multi_az",
    title="Failed asynchronous invocations are kept",
    why="after two retries the event is gone, and nobody knows",
    fix="add a lambda.FunctionEventInvokeConfig with destination_config.on_failure, or a dead_letter_config",
    severity="medium",
    dev="advisory",
    kinds=(_FUNCTION,),
    paths=(
        "deadLetterConfig.targetArn",
        "lambda/functionEventInvokeConfig · destinationConfig.onFailure.destination",
        "lambda/permission · principal",
    ),
    stack_kinds=("*",),
    references=("checkov:CKV_AWS_116", "aws-config:LAMBDA_DLQ_CHECK"),
    url="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
    limits="Judged where a lambda.Permission of the program lets EventBridge, S3, SNS or another asynchronous service"
    " invoke the function.",
)
def failures_kept(subject: Subject) -> Iterator[Problem]:
    stack, function = subject.stack, subject.resource
    if subject.has("deadLetterConfig.targetArn"):
        return
    services = {
        principal.split(".")[0]
        for permission in stack.pointing_at(function, "lambda/permission", "function", sure=True)
        if isinstance(principal := as_text(read(permission.props, "principal")), str)
    }
    callers = sorted(services & set(_ASYNCHRONOUS))
    if not callers:
        return
    for config in stack.pointing_at(function, "lambda/functionEventInvokeConfig", "functionName"):
        if as_list(read(config.props, "destinationConfig")):
            return
    yield Problem("deadLetterConfig", f"{', '.join(callers)} invokes it, and failures are kept nowhere")


@rule(
    "route53-record-health",
    control="HA-18",
    pack="multi_az",
    title="Records that choose among places look at their health",
    why="without it names lead to a place that does not answer, for as long as nobody changes the record",
    fix="set evaluate_target_health of the alias to true, or health_check_id",
    severity="medium",
    dev="disabled",
    kinds=("route53/record",),
    paths=("failoverRoutingPolicies", "latencyRoutingPolicies", "aliases[].evaluateTargetHealth", "healthCheckId"),
    url="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-types.html",
    limits="The secondary record of a failover pair needs none.",
)
def record_health(subject: Subject) -> Iterator[Problem]:
    roles = [as_text(read(block, "type")) for _, block in subject.blocks("failoverRoutingPolicies")]
    primary = any(isinstance(role, str) and role.upper() == "PRIMARY" for role in roles)
    if subject.has("healthCheckId") or not (primary or subject.has("latencyRoutingPolicies")):
        return
    looked = as_list(spread(subject.resource.props, "aliases[].evaluateTargetHealth"))
    if not any(value is True or value is UNKNOWN or value == "true" for value in looked):
        yield subject.problem("healthCheckId", "nothing tells whether its target answers")
