"""SQS: queues."""

import fnmatch
from collections.abc import Iterator
from typing import Any

from policies.library.documents import parse
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_number, read
from policies.rules.helpers.dead_letters import DEAD_LETTERS
from policies.rules.helpers.tls_policies import attached_documents, without_tls

_QUEUE = "sqs/queue"
_FUNCTION = "lambda/function"
_DEFAULT_TIMEOUT, _DEFAULT_VISIBILITY = 3.0, 30.0
"""Seconds: the defaults of a function's timeout and a queue's visibility timeout."""
_FACTOR = 6
"""AWS's advice: six times the function's timeout leaves time for retries of a throttled batch."""


def _takes_dead_letters(subject: Subject) -> bool:
    """Whether a queue is, or may be, a dead-letter queue or the destination of failed events."""
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
    "sqs-queue-dead-letters",
    control="HA-20",
    pack="multi_az",
    title="Queues have a dead-letter queue of the same type",
    why="a message that always fails blocks its message group, or returns until it is lost",
    fix="set redrive_policy (or an sqs.RedrivePolicy) with deadLetterTargetArn and maxReceiveCount; use a FIFO"
    " dead-letter queue for a FIFO queue",
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
            "Names (globs) of queues that are dead-letter queues.",
        ),
        "receives": Setting(100, {"type": "integer", "minimum": 1}, "Maximum maxReceiveCount."),
    },
    limits="Dead-letter queues, and destinations of failed events, are not judged.",
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
            yield subject.problem("redrivePolicy", "must name a dead-letter queue: a message that always fails is lost")
        return
    for holder, document in given:
        if not isinstance(document, dict):
            subject.defer("redrivePolicy")
        else:
            count, most = as_number(read(document, "maxReceiveCount")), int(subject.config["receives"])
            if isinstance(count, float) and count > most:
                yield Problem("redrivePolicy", f"maxReceiveCount is {int(count)}; must be at most {most}")
        targets = [
            target for target in stack.referred(holder, "redrivePolicy", _QUEUE).resources if target.urn != queue.urn
        ]
        own = subject.flag("fifoQueue")
        for target in targets if len(targets) == 1 else ():
            other = read(target.props, "fifoQueue")
            if UNKNOWN not in (own, other) and (own is True) != (other is True):
                yield Problem("redrivePolicy", f"{target.name} must be a {'FIFO' if own is True else 'standard'} queue")


@rule(
    "sqs-queue-encryption",
    control="ENC-08",
    pack="encryption",
    title="Queues are encrypted, and queues of orders and payments with a customer managed key",
    why="queues keep messages for days; messages about orders hold names and addresses",
    fix="set kms_master_key_id to a customer managed key; for other queues leave sqs_managed_sse_enabled on",
    severity="high",
    dev="mandatory",
    kinds=("sqs/queue",),
    paths=("kmsMasterKeyId", "sqsManagedSseEnabled"),
    references=(
        "fsbp:SQS.1",
        "cdk-nag:SQS2",
        "checkov:CKV_AWS_27",
        "checkov:CKV2_AWS_73",
        "trivy:AVD-AWS-0096",
        "trivy:AVD-AWS-0135",
    ),
    settings={
        "customer_key_names": Setting(
            ["*order*", "*payment*"],
            {"type": "array", "items": {"type": "string"}},
            "Queues (globs over resource and queue name) that must have a customer managed key.",
        )
    },
)
def encryption(subject: Subject) -> Iterator[Problem]:
    names = [subject.resource.name, subject.resource.props.get("name")]
    sensitive = any(
        fnmatch.fnmatch(name.lower(), glob.lower())
        for name in names
        if isinstance(name, str)
        for glob in subject.config["customer_key_names"]
    )
    if sensitive and subject.lacks_customer_key("kmsMasterKeyId"):
        yield subject.problem("kmsMasterKeyId", "must be a customer managed key")
    elif not subject.has("kmsMasterKeyId") and subject.flag("sqsManagedSseEnabled") is False:
        yield subject.problem("sqsManagedSseEnabled", "must be true: messages are stored unencrypted")


@rule(
    "sqs-queue-tls-only",
    control="TLS-11",
    pack="encryption",
    title="Queues deny requests without TLS",
    why="SQS answers plain HTTP unless the queue's policy denies it",
    fix='add an sqs.QueuePolicy statement: Effect Deny, Principal *, Action sqs:*, Condition {"Bool":'
    ' {"aws:SecureTransport": "false"}}',
    severity="medium",
    dev="advisory",
    kinds=("sqs/queue",),
    paths=("policy", "sqs/queuePolicy · policy"),
    stack_kinds=("*",),
    references=("cdk-nag:SQS4",),
    url="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
)
def queue_tls(subject: Subject) -> Iterator[Problem]:
    documents = attached_documents(subject, "sqs/queuePolicy", "queueUrl", inline=True)
    yield from without_tls(subject, documents, "requests")


@rule(
    "sqs-queue-visibility-timeout",
    control="HA-21",
    pack="multi_az",
    title="Queues have a visibility timeout of six times their function's timeout",
    why="a message that returns during its processing is processed twice, and an order is sent twice",
    fix="set visibility_timeout_seconds to six times the timeout of the function that reads the queue",
    severity="medium",
    dev="advisory",
    kinds=(_QUEUE,),
    paths=("visibilityTimeoutSeconds", "lambda/eventSourceMapping · eventSourceArn", "lambda/function · timeout"),
    stack_kinds=("*",),
    references=("cdk-nag:LambdaEventSourceSQSVisibilityTimeout",),
    url="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
)
def visibility(subject: Subject) -> Iterator[Problem]:
    stack = subject.stack
    hidden = subject.number("visibilityTimeoutSeconds")
    hidden = _DEFAULT_VISIBILITY if hidden is MISSING else hidden
    for mapping in stack.pointing_at(subject.resource, "lambda/eventSourceMapping", "eventSourceArn", sure=True):
        for function in stack.referred(mapping, "functionName", _FUNCTION).resources:
            timeout = as_number(read(function.props, "timeout"))
            timeout = _DEFAULT_TIMEOUT if timeout is MISSING else timeout
            if isinstance(hidden, float) and isinstance(timeout, float) and hidden < _FACTOR * timeout:
                reason = f"must be at least {int(_FACTOR * timeout)}: {function.name} may run for {int(timeout)} s"
                yield subject.problem("visibilityTimeoutSeconds", reason)
