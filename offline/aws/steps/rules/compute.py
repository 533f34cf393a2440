"""Functions, logs, alarms and mail."""

import re
from collections.abc import Iterator

from offline.aws.steps.step import Neighbour, Step, step_rule
from offline.checks.block import Block

# Quotas of an account that has not asked for more; 100 stay for functions without a reservation.
_CONCURRENCY, _UNRESERVED = 1000, 100
_SUBSCRIPTIONS, _LOG_POLICIES = 2, 10


@step_rule("lambda/function", on=("create", "update"))
def reserved_concurrency(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""
    key = "reservedConcurrentExecutions"
    wanted = step.new.number(key)
    if not wanted or wanted < 0 or step.old.number(key) == wanted:
        return
    others = sum(max(other.inputs.number(key) or 0, 0) for other in step.around.all("lambda/function") if other.stays)
    if others + wanted > _CONCURRENCY - _UNRESERVED:
        yield (
            "InvalidParameterValueException: Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{_UNRESERVED}]: {others:g} of {_CONCURRENCY} "
            f"are reserved, received {wanted:g} (property {key})"
        )


@step_rule("cloudwatch/logGroup", on=("create",))
def made_by_the_service(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html, aws/containers-roadmap#2315

    A service that has run makes the group that it misses. Nothing has run that this update itself has made.
    """
    name = step.new.text("name") or ""
    writer = None if step.around.is_replacement else _writer(step, name)
    if writer is not None and not step.around.is_new(writer):
        yield (
            f"ResourceAlreadyExistsException: The specified log group already exists: AWS made {name} for "
            f"{writer.kind} {writer.id}; take it over with the option `import_`"
        )


def _writer(step: Step, group: str) -> Neighbour | None:
    """What writes to a group of its own name, unless it is told another."""
    function = re.fullmatch(r"/aws/lambda/([^/]+)", group)
    for other in step.around.called(function[1], "lambda/function") if function else ():
        if (other.inputs.block("loggingConfig") or Block({})).text("logGroup") in (None, group):
            return other
    cluster = re.fullmatch(r"/aws/ecs/containerinsights/([^/]+)/performance", group)
    for other in step.around.called(cluster[1], "ecs/cluster") if cluster else ():
        settings = {setting.text("name"): setting.text("value") for setting in other.inputs.blocks("settings")}
        if settings.get("containerInsights") in ("enabled", "enhanced"):
            return other
    stage = re.fullmatch(r"API-Gateway-Execution-Logs_(\w+)/(.+)", group)
    if stage is None:
        return None
    for other in step.around.mentioning(stage[1], "apigateway/methodSettings"):
        level = (other.inputs.block("settings") or Block({})).text("loggingLevel")
        if other.inputs.text("stageName") == stage[2] and level in ("INFO", "ERROR"):
            return other
    return None


@step_rule("sesv2/contactList", on=("create",))
def one_contact_list(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/ses/latest/dg/sending-email-list-management.html"""
    for other in step.around.all("sesv2/contactList"):
        if other.stays:
            yield f"LimitExceededException: an account has one contact list in a Region: {other.id}"


@step_rule("cloudwatch/logSubscriptionFilter", on=("create",))
def two_subscriptions(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""
    group = step.new.text("logGroup") or ""
    others = [other.id for other in step.around.mentioning(group, "cloudwatch/logSubscriptionFilter") if other.stays]
    if len(others) >= _SUBSCRIPTIONS:
        yield f"LimitExceededException: Resource limit exceeded: {group} has {_SUBSCRIPTIONS} subscription filters"


@step_rule("cloudwatch/logResourcePolicy", on=("create",))
def ten_policies(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""
    others = [other for other in step.around.all("cloudwatch/logResourcePolicy") if other.stays]
    named = {other.inputs.text("policyName") for other in others}
    if len(others) >= _LOG_POLICIES and step.new.text("policyName") not in named:
        yield f"LimitExceededException: Resource limit exceeded: a Region has {_LOG_POLICIES} resource policies of logs"


@step_rule("cloudwatch/metricAlarm", "cloudwatch/compositeAlarm", on=("delete",))
def part_of_a_composite(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html"""
    name = step.old.text("name") or step.old.text("alarmName") or ""
    used = re.compile(rf"""(ALARM|OK|INSUFFICIENT_DATA)\(["']?{re.escape(name)}["']?\)""")
    for other in step.around.all("cloudwatch/compositeAlarm") if name else ():
        if used.search(other.inputs.text("alarmRule") or ""):
            yield f"ValidationError: Cannot delete {name} as there are composite alarm(s) depending on it: {other.id}"
