"""Turns outbox items into events: the enrichment step of the pipe from a table's stream to the bus."""

from decimal import Decimal
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from boto3.dynamodb.types import TypeDeserializer

from functions.common.log import logger

_PARTS = ("source", "detail_type", "detail")
_deserialize = TypeDeserializer().deserialize


@logger.inject_lambda_context(clear_state=True)
def handler(event: list[dict[str, Any]], context: LambdaContext) -> list[dict[str, Any]]:
    """
    Args:
        event: Records of the stream, filtered by the pipe for new items `EVENT#`
            (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html).

    Returns:
        Source, detail type and detail of each event, which the pipe puts on the bus.

    Raises:
        KeyError: an item is not an event. The pipe splits the batch until that item is alone, and then sends it to
            the dead letters.
    """
    items = [record["dynamodb"]["NewImage"] for record in event]
    return [{part: _plain(_deserialize(item[part])) for part in _PARTS} for item in items]


def _plain(value: Any) -> Any:
    """The value in types that JSON has."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case set():
            return sorted(_plain(item) for item in value)
        case _:
            return value
