"""Copies the marketing consent of a new customer to the contact list of SES."""

import json
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.common.aws import dynamodb, ses, setting, table
from functions.common.log import logger
from functions.common.messages import each
from functions.common.model import BusEvent, Id, Model, now, timestamp
from functions.common.names import CONTACT_LIST, MARKETING_TOPIC


class _SignedUp(Model):
    event_id: Id
    customer_id: Id


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """
    Args:
        event: Messages with the event customer.signed-up.

    Returns:
        The failed messages.
    """
    return each(event, context, _follow)


def _follow(record: SQSRecord) -> None:
    """Reads the table, not the event: a replay may come long after the customer has changed the choice or left.

    An event that the profile names is done. Handling it again could subscribe a customer again who has unsubscribed by
    the link in a message, which only SES records.
    """
    signed_up = BusEvent[_SignedUp].model_validate_json(record.body).detail
    profile = _item(signed_up.customer_id, "PROFILE")
    if profile is None or profile.get("engagement", {}).get("event_id") == signed_up.event_id:
        logger.info("consent already copied", extra={"event_id": signed_up.event_id})
        return
    consent = _item(signed_up.customer_id, "CONSENT#marketing_email") or {}
    subscribed = bool(consent.get("given"))
    if subscribed:
        _subscribe(profile["email"], signed_up.customer_id)
    else:
        _unsubscribe(profile["email"])
    if not _noted(signed_up, subscribed) and subscribed:
        # The customer was erased meanwhile: the contact must go, too.
        ses().delete_contact(ContactListName=setting(CONTACT_LIST), EmailAddress=profile["email"])
    logger.info("consent copied", extra={"event_id": signed_up.event_id, "subscribed": subscribed})


def _item(customer_id: str, item: str) -> dict[str, Any] | None:
    key = {"customer_id": customer_id, "item": item}
    return dynamodb().get_item(TableName=table("customers"), Key=key, ConsistentRead=True).get("Item")


def _subscribe(email: str, customer_id: str) -> None:
    contact = _contact(email, "OPT_IN")
    # Identifies the customer even after a change of address.
    contact["AttributesData"] = json.dumps({"customer_id": customer_id})
    try:
        ses().create_contact(**contact)
    except ses().exceptions.AlreadyExistsException:
        ses().update_contact(**contact)


def _unsubscribe(email: str) -> None:
    """Opts an existing contact out; creates none for a customer who never agreed.

    SES has one error for a contact and for a list that is not there. Without its list the store does not know who has
    agreed, so the message fails.
    """
    try:
        ses().update_contact(**_contact(email, "OPT_OUT"))
    except ses().exceptions.NotFoundException:
        ses().get_contact_list(ContactListName=setting(CONTACT_LIST))


def _contact(email: str, choice: str) -> dict[str, Any]:
    return {
        "ContactListName": setting(CONTACT_LIST),
        "EmailAddress": email,
        "TopicPreferences": [{"TopicName": MARKETING_TOPIC, "SubscriptionStatus": choice}],
        "UnsubscribeAll": choice == "OPT_OUT",
    }


def _noted(signed_up: _SignedUp, subscribed: bool) -> bool:
    """Records the engagement in the profile; False if the profile is gone."""
    engagement = {
        "event_id": signed_up.event_id,
        "email": "subscribed" if subscribed else "unsubscribed",
        "changed_at": timestamp(now()),
    }
    try:
        dynamodb().update_item(
            TableName=table("customers"),
            Key={"customer_id": signed_up.customer_id, "item": "PROFILE"},
            UpdateExpression="SET engagement = :engagement",
            ConditionExpression="attribute_exists(customer_id)",
            ExpressionAttributeValues={":engagement": engagement},
        )
    except dynamodb().exceptions.ConditionalCheckFailedException:
        return False
    return True
