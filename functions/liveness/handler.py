"""Counts the sources of events that do not run: pipes of outboxes, and event source mappings of functions."""

import json
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.common.aws import lambda_, pipes, setting
from functions.common.log import logger
from functions.common.names import WATCHED

_METRIC = "StoppedSources"
# The function's own errors have alarms of their own, and this result stays until the source has something new.
_OF_THE_FUNCTION = "Function call failed"
metrics = Metrics()


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """
    Args:
        event: Of a schedule; it says nothing.

    Raises:
        ClientError: a state could not be read. Then there is no metric, which the alarm tells.
    """
    watched: dict[str, list[str]] = json.loads(setting(WATCHED))
    states = dict([*map(_pipe, watched["pipes"]), *map(_mapping, watched["mappings"])])
    stopped = {label: state for label, state in states.items() if state is not None}
    for label, state in sorted(stopped.items()):
        logger.error("source does not run", extra={"source": label, "state": state})
    metrics.add_metric(name=_METRIC, unit=MetricUnit.Count, value=len(stopped))


def _pipe(name: str) -> tuple[str, str | None]:
    """The pipe, and what is wrong with it
    (https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_DescribePipe.html)."""
    try:
        pipe = pipes().describe_pipe(Name=name)
    except pipes().exceptions.NotFoundException:
        return name, "does not exist"
    if pipe["CurrentState"] == "RUNNING":
        return name, None
    return name, f"{pipe['CurrentState']}: {pipe.get('StateReason', 'no reason given')}"


def _mapping(uuid: str) -> tuple[str, str | None]:
    """The mapping with its function, and what is wrong with it: switched off, or unable to read its source, such as a
    topic that the role may not read (https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html)."""
    try:
        mapping = lambda_().get_event_source_mapping(UUID=uuid)
    except lambda_().exceptions.ResourceNotFoundException:
        return uuid, "does not exist"
    label = f"{uuid} of {mapping['FunctionArn'].partition(':function:')[2]}"
    if mapping["State"] != "Enabled":
        return label, f"{mapping['State']}: {mapping.get('StateTransitionReason', 'no reason given')}"
    result = mapping.get("LastProcessingResult", "")
    return label, result if result.startswith("PROBLEM") and _OF_THE_FUNCTION not in result else None
