"""Deliveries of orders: whether the courier is near, as the tracking of section `location` tells."""

from typing import Literal

from boto3.dynamodb.conditions import Key

from functions.common.aws import dynamodb, table
from functions.common.log import logger
from functions.common.model import Id, Model, Moment, timestamp
from functions.common.order_status import DELIVERY


class Moved(Model):
    """Event `delivery.moved`."""

    event_id: Id
    delivery_id: Id
    where: Literal["near", "left"]
    moved_at: Moment


def follow(told: Moved) -> None:
    """Note where the delivery of each of its orders is, unless something later is known. A delivery without an order
    is none of the store's, or was not announced."""
    found = dynamodb().query(
        TableName=table("orders"),
        KeyConditionExpression=Key("order_id").eq(told.delivery_id) & Key("item").begins_with(DELIVERY),
    )["Items"]
    if not found:
        logger.info("delivery has no order", extra={"event_id": told.event_id})
    for item in found:
        _note(item["item"].removeprefix(DELIVERY), told)


def _note(order_id: str, told: Moved) -> None:
    try:
        dynamodb().update_item(
            TableName=table("orders"),
            Key={"order_id": order_id, "item": "ORDER"},
            UpdateExpression="SET courier_where = :where, courier_at = :at",
            ConditionExpression="delivery_id = :delivery AND (attribute_not_exists(courier_at) OR courier_at < :at)",
            ExpressionAttributeValues={
                ":where": told.where,
                ":at": timestamp(told.moved_at),
                ":delivery": told.delivery_id,
            },
        )
    except dynamodb().exceptions.ConditionalCheckFailedException:
        logger.info("delivery is known to be elsewhere", extra={"event_id": told.event_id})
