"""A function that runs every few minutes."""

import pulumi
import pulumi_aws as aws

from components.blocks.function import Function
from components.blocks.queue import Queue, QueueArgs, Sender
from components.blocks.ready import once_ready
from components.foundation import Foundation

# https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
_OLDEST_EVENT_SECONDS = 21_600


def run_every(
    minutes: int,
    function: Function,
    *,
    name: str,
    description: str,
    runbook: str,
    foundation: Foundation,
    opts: pulumi.ResourceOptions,
) -> aws.cloudwatch.EventRule:
    """Have EventBridge invoke a function on a schedule, without retries: the next run does as well.

    Args:
        name: Logical name of the rule and of what it needs.
        runbook: Page of `docs/runbooks` of the queue of runs that failed. It has no alarm of its own: give the function
            a metric whose absence tells.
    """
    rate = f"rate({minutes} minute{'s' if minutes > 1 else ''})"
    rule = aws.cloudwatch.EventRule(name, description=description, schedule_expression=rate, opts=opts)
    failed = Queue(
        f"{name}-failed",
        QueueArgs(
            key_arn=foundation.keys.customer_key_arn,
            protect=False,
            runbook=runbook,
            retention_days=1,
            senders=[Sender(sid="RuleSends", service="events.amazonaws.com", source_arn=rule.arn)],
        ),
        opts=opts,
    )
    aws.lambda_.Permission(
        name,
        action="lambda:InvokeFunction",
        function=function.function_name,
        principal="events.amazonaws.com",
        source_arn=rule.arn,
        source_account=foundation.account_id,
        opts=opts,
    )
    aws.lambda_.FunctionEventInvokeConfig(
        name,
        function_name=function.function_name,
        maximum_retry_attempts=0,
        maximum_event_age_in_seconds=min(60 * minutes, _OLDEST_EVENT_SECONDS),
        destination_config=aws.lambda_.FunctionEventInvokeConfigDestinationConfigArgs(
            on_failure=aws.lambda_.FunctionEventInvokeConfigDestinationConfigOnFailureArgs(
                destination=once_ready(failed.queue_arn, failed.grant_send(function.role))
            )
        ),
        opts=opts,
    )
    aws.cloudwatch.EventTarget(
        name,
        rule=rule.name,
        arn=function.function_arn,
        retry_policy=aws.cloudwatch.EventTargetRetryPolicyArgs(
            maximum_retry_attempts=0, maximum_event_age_in_seconds=60 * minutes
        ),
        dead_letter_config=aws.cloudwatch.EventTargetDeadLetterConfigArgs(arn=failed.queue_arn),
        opts=opts,
    )
    return rule
