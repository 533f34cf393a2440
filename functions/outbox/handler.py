"""Turns outbox items into events: the enrichment step of the pipe from a table's stream to the bus.

An item that is no event goes to the outbox's dead-letter queue, and does not block the items behind it. A dead letter
is a JSON object:
    reason  what is wrong
    item    the item in DynamoDB's JSON, as text; `cut` is true if its end is missing
What fails otherwise is AWS: the pipe repeats it until the stream has deleted the item.
"""

import json
from decimal import Decimal
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.common.aws import setting, sqs
from functions.common.log import logger
from functions.common.names import OUTBOX_DEAD_LETTER_URL, OUTBOX_EVENTS
from functions.common.outbox import InvalidPayloadError

_PARTS = ("source", "detail_type", "detail")
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
_ENTRY_BYTES = 256 * 1024
# Letters of the item that a dead letter keeps: they are ASCII, the quotes among them take two, and a message has
# 262,144 bytes (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html).
_KEPT_LETTERS = 120_000


@logger.inject_lambda_context(clear_state=True)
def handler(event: list[dict[str, Any]], context: LambdaContext) -> list[dict[str, Any]]:
    """
    Args:
        event: Stream records of new outbox items, at most ten.

    Returns:
        Source, detail type and detail of each event, which the pipe puts on the bus.
    """
    declared: dict[str, list[str]] = json.loads(setting(OUTBOX_EVENTS))
    found: list[dict[str, Any]] = []
    for record in event:
        image = record["dynamodb"]["NewImage"]
        try:
            found.append(_event(image, declared))
        except InvalidPayloadError as error:
            logger.error("item is no event", extra={"reason": str(error)})
            _dead_letter(image, str(error))
    return found


def _event(image: dict[str, Any], declared: dict[str, list[str]]) -> dict[str, Any]:
    """
    Args:
        declared: Source to the detail types that the outbox may emit.

    Raises:
        InvalidPayloadError: the bus would refuse the event, however often.
    """
    missing = [part for part in _PARTS if part not in image]
    if missing:
        raise InvalidPayloadError(f"must have {', '.join(missing)}")
    found = {part: _plain(image[part]) for part in _PARTS}
    if not isinstance(found["detail"], dict):
        raise InvalidPayloadError("detail must be a map")
    if found["detail_type"] not in declared.get(str(found["source"]), ()):
        raise InvalidPayloadError("source and detail_type must be those of an event in `emits` of the table's services")
    detail = json.dumps(found["detail"], ensure_ascii=False, separators=(",", ":"))
    if sum(len(text.encode()) for text in (found["source"], found["detail_type"], detail)) > _ENTRY_BYTES:
        raise InvalidPayloadError(f"must have at most {_ENTRY_BYTES} bytes, which EventBridge takes")
    return found


def _dead_letter(image: dict[str, Any], reason: str) -> None:
    item = json.dumps(image)
    letter = {"reason": reason, "item": item[:_KEPT_LETTERS], "cut": len(item) > _KEPT_LETTERS}
    sqs().send_message(QueueUrl=setting(OUTBOX_DEAD_LETTER_URL), MessageBody=json.dumps(letter))


def _plain(typed: dict[str, Any]) -> Any:
    """A value of DynamoDB's JSON in types that JSON has.

    Raises:
        InvalidPayloadError: a binary value.
    """
    ((kind, value),) = typed.items()
    match kind:
        case "M":
            return {key: _plain(item) for key, item in value.items()}
        case "L":
            return [_plain(item) for item in value]
        case "N":
            return _number(value)
        case "NS":
            return sorted(_number(item) for item in value)
        case "SS":
            return sorted(value)
        case "NULL":
            return None
        case "B" | "BS":
            raise InvalidPayloadError("must not have binary values, which JSON has no form for")
        case _:
            return value


def _number(text: str) -> int | float:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)
