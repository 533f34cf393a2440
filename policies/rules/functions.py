"""Lambda functions: time for what they take from queues, and concurrency of their own."""

import fnmatch
from collections.abc import Iterator

from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, as_number, read

_QUEUE, _FUNCTION = "sqs/queue", "lambda/function"
_DEFAULT_TIMEOUT, _DEFAULT_VISIBILITY = 3.0, 30.0
"""Seconds, where the program says nothing."""
_FACTOR = 6
"""AWS's own advice: six times the function's timeout, so that retries of a throttled batch fit in."""


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


@rule(
    "lambda-function-reserved-concurrency",
    control="HA-23",
    pack="multi_az",
    title="Functions of orders and payments have concurrency of their own",
    why="any other function of the account that runs wild leaves none for them",
    fix="set reserved_concurrent_executions",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=(_FUNCTION,),
    paths=("reservedConcurrentExecutions",),
    references=("checkov:CKV_AWS_115", "aws-config:LAMBDA_CONCURRENCY_CHECK"),
    url="https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
    settings={
        "functions": Setting(
            ["*order*", "*payment*", "*checkout*"],
            {"type": "array", "items": {"type": "string"}},
            "Functions (globs over resource and function name) that need it.",
        )
    },
)
def reserved(subject: Subject) -> Iterator[Problem]:
    names = (subject.resource.name, read(subject.resource.props, "name"))
    needed = any(
        isinstance(name, str) and fnmatch.fnmatch(name.lower(), glob.lower())
        for name in names
        for glob in subject.config["functions"]
    )
    count = subject.number("reservedConcurrentExecutions")
    if needed and (count is MISSING or (isinstance(count, float) and count < 0)):
        yield subject.problem("reservedConcurrentExecutions", "it shares the account's concurrency")
