"""Fulfils the intents of the chat bot: status of an order, opening hours, hand-over to a person, and what is none.

Lex invokes it, and passes on the attributes of the request that `services/customers` has sent: nobody else may talk to
the bot. Attributes of the session, slots and words come from the customer and prove nothing.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from boto3.dynamodb.conditions import Key
from botocore.exceptions import BotoCoreError, ClientError

from functions.common.aws import dynamodb, optional, setting, sns, table
from functions.common.log import cause, logger
from functions.common.model import now, timestamp
from functions.common.names import CHAT_CUSTOMER, CHAT_HOURS, CHAT_SUPPORT_TOPIC
from functions.common.order_status import PENDING

_HERE = Path(__file__).parent
_SLOT = "OrderNumber"
_NOT_UNDERSTOOD, _HANDED_OVER = "ChatNotUnderstood", "ChatHandedOver"
_PAGE = 100
metrics = Metrics()


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """
    Args:
        event: Of Lex V2 (https://docs.aws.amazon.com/lexv2/latest/dg/lambda-input-format.html).

    Returns:
        The reply, which ends the intent
        (https://docs.aws.amazon.com/lexv2/latest/dg/lambda-response-format.html).
    """
    intent = event["sessionState"]["intent"]
    texts = _texts(event["bot"]["localeId"])
    customer_id = (event.get("requestAttributes") or {}).get(CHAT_CUSTOMER)
    done = True
    try:
        reply = _INTENTS.get(intent["name"], _not_understood)(texts, intent, customer_id)
    except (BotoCoreError, ClientError) as error:
        logger.error("intent not fulfilled", extra={"intent": intent["name"], "cause": cause(error)})
        reply, done = texts["replies"]["hand_over_failed" if intent["name"] == "HandOver" else "down"], False
    return {
        "sessionState": {
            "dialogAction": {"type": "Close"},
            "intent": {**intent, "state": "Fulfilled" if done else "Failed"},
        },
        "messages": [{"contentType": "PlainText", "content": reply}],
    }


@cache
def _texts(locale: str) -> Mapping[str, Any]:
    return json.loads((_HERE / f"{locale}.json").read_text("utf-8"))


def _order_status(texts: Mapping[str, Any], intent: Mapping[str, Any], customer_id: str | None) -> str:
    """Status of the customer's own order. An order of somebody else is as unknown as one that does not exist."""
    number = _slot(intent).lower()
    found = [order for order in _orders(customer_id) if order["order_id"].startswith(number)] if customer_id else []
    replies, statuses = texts["replies"], texts["statuses"]
    if not number or not found:
        return replies["unknown_order"]
    return "\n".join(replies["order"].format(status=statuses[_status(order)]) for order in found)


def _slot(intent: Mapping[str, Any]) -> str:
    slot = (intent.get("slots") or {}).get(_SLOT) or {}
    return slot.get("value", {}).get("interpretedValue") or ""


def _orders(customer_id: str) -> list[dict[str, Any]]:
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=table("orders"),
            IndexName="by_customer",
            KeyConditionExpression=Key("customer_id").eq(customer_id),
            ScanIndexForward=False,
            PaginationConfig={"PageSize": _PAGE},
        )
    )
    return [order for page in pages for order in page["Items"]]


def _status(order: Mapping[str, Any]) -> str:
    return "held" if order["status"] == PENDING and "held_until" in order else order["status"]


def _opening_hours(texts: Mapping[str, Any], _intent: Mapping[str, Any], _customer_id: str | None) -> str:
    hours, replies = json.loads(setting(CHAT_HOURS)), texts["replies"]
    days = [
        replies["day"].format(day=name, time=hours["days"].get(day) or replies["closed"])
        for day, name in texts["days"].items()
    ]
    return replies["hours"].format(timezone=hours["timezone"], days="\n".join(days))


def _hand_over(texts: Mapping[str, Any], _intent: Mapping[str, Any], customer_id: str | None) -> str:
    """The message names the customer alone: the conversation is in the log, for those who may read it."""
    topic_arn = optional(CHAT_SUPPORT_TOPIC)
    if topic_arn is None or customer_id is None:
        return texts["replies"]["nobody"]
    sns().publish(
        TopicArn=topic_arn,
        Subject="A customer asks for a person",
        Message=f"Customer {customer_id} asked the chat bot for a person at {timestamp(now())}."
        " Please write to the e-mail address of the account.",
    )
    metrics.add_metric(name=_HANDED_OVER, unit=MetricUnit.Count, value=1)
    return texts["replies"]["handed_over"]


def _not_understood(texts: Mapping[str, Any], _intent: Mapping[str, Any], _customer_id: str | None) -> str:
    metrics.add_metric(name=_NOT_UNDERSTOOD, unit=MetricUnit.Count, value=1)
    return texts["replies"]["not_understood"]


_INTENTS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], str | None], str]] = {
    "OrderStatus": _order_status,
    "OpeningHours": _opening_hours,
    "HandOver": _hand_over,
}
