"""Invocations of a function by the clock."""

import pulumi
import pulumi_aws as aws

from components.blocks.function import Function
from components.blocks.queue import Queue, QueueArgs, Sender
from components.blocks.ready import once_ready


def schedule(
    name: str,
    *,
    function: Function,
    minutes: int,
    description: str,
    runbook: str,
    account_id: str,
    key_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Have EventBridge invoke `function` at a rate. What fails is not repeated: the next time is as good.

    Args:
        description: What the function does then.
        runbook: Page of the alarm that goes off when it fails for long.
        key_arn: Key of the queue of failed invocations.
    """
    rule = aws.cloudwatch.EventRule(
        name,
        description=description,
        schedule_expression=f"rate({minutes} minute{'s' if minutes > 1 else ''})",
        opts=opts,
    )
    # Without an alarm of its own: a failure is a metric that is missing, or an error of the function.
    failed = Queue(
        f"{name}-failed",
        QueueArgs(
            key_arn=key_arn,
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
        source_account=account_id,
        opts=opts,
    )
    aws.lambda_.FunctionEventInvokeConfig(
        name,
        function_name=function.function_name,
        maximum_retry_attempts=0,
        maximum_event_age_in_seconds=60 * minutes,
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
