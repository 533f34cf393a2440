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
"""Seconds, where the program says nothing."""
_FACTOR = 6
"""AWS's own advice: six times the function's timeout, so that retries of a throttled batch fit in."""


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


@rule(
    "sqs-queue-encryption",
    control="ENC-08",
    pack="encryption",
    title="Queues are encrypted, those of orders and payments with a customer key",
    why="messages are kept for days; those of orders hold names and addresses",
    fix="set kms_master_key_id to a customer key; elsewhere leave sqs_managed_sse_enabled on",
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
            "Queues (globs over resource and queue name) that need a customer key.",
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
        yield subject.problem("kmsMasterKeyId", "its messages need a customer key")
    elif not subject.has("kmsMasterKeyId") and subject.flag("sqsManagedSseEnabled") is False:
        yield subject.problem("sqsManagedSseEnabled", "messages are stored in clear")


@rule(
    "sqs-queue-tls-only",
    control="TLS-11",
    pack="encryption",
    title="Queues deny requests without TLS",
    why="SQS answers plain HTTP unless the queue's policy forbids it",
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
    title="Queues hide a message for as long as its consumer may try",
    why="a message that comes back while it is being handled is handled twice: an order is sent twice",
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
                reason = f"{function.name} may take {int(timeout)} s: at least {int(_FACTOR * timeout)} are needed"
                yield subject.problem("visibilityTimeoutSeconds", reason)
