"""Keeps the contact list of SES to what customers have chosen, and deletes account and contact of who is erased."""

import json
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field

from functions.common.aws import cognito, dynamodb, ses, setting, table
from functions.common.log import logger
from functions.common.messages import each
from functions.common.model import Id, Model, now, timestamp
from functions.common.names import CONTACT_LIST, MARKETING_TOPIC, USER_POOL_ID
from functions.common.outbox import TryAgainError, write

_ERASED = "customer.erased"


class _Detail(Model):
    event_id: Id
    customer_id: Id


class _Event(Model):
    detail_type: str = Field(alias="detail-type")
    detail: _Detail


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """
    Args:
        event: Messages with the events of customers: signed up, consent changed, contact given, erased.

    Returns:
        The failed messages.
    """
    return each(event, context, _follow)


def _follow(record: SQSRecord) -> None:
    event = _Event.model_validate_json(record.body)
    done = _forget(event.detail.customer_id) if event.detail_type == _ERASED else _copy(event.detail.customer_id)
    logger.info(done, extra={"event_id": event.detail.event_id})


def _copy(customer_id: str) -> str:
    """Reads the table, not the event: events come late, again, and in any order.

    A choice that the profile names is done. Copying it again could subscribe a customer again who has unsubscribed by
    the link in a message, which only SES records.

    Raises:
        TryAgainError: the customer chose anew meanwhile.
    """
    profile = _item(customer_id, "PROFILE")
    consent = _item(customer_id, "CONSENT#marketing_email") or {}
    chosen_at = consent.get("given_at", "")
    if profile is None or profile.get("engagement", {}).get("choice_at") == chosen_at:
        return "consent already copied"
    subscribed = bool(consent.get("given"))
    if subscribed:
        _subscribe(profile["email"], customer_id)
    else:
        _unsubscribe(profile["email"])
    if not _noted(customer_id, chosen_at, subscribed):
        _repair(customer_id, profile["email"], subscribed)
    return "consent copied"


def _repair(customer_id: str, email: str, subscribed: bool) -> None:
    """What was copied is outdated already.

    Raises:
        TryAgainError: the customer chose anew; that choice has to be copied, though it may have been copied before.
    """
    try:
        dynamodb().update_item(
            TableName=table("customers"),
            Key={"customer_id": customer_id, "item": "PROFILE"},
            UpdateExpression="REMOVE engagement",
            ConditionExpression="attribute_exists(customer_id)",
        )
    except dynamodb().exceptions.ConditionalCheckFailedException:
        if subscribed:  # the customer was erased: the contact must go, too
            _delete_contact(email)
        return
    raise TryAgainError


def _forget(customer_id: str) -> str:
    """Deletes the account of an erased customer, the contact, and the address that was left behind for this alone.

    The account is deleted first: nobody signs in with it from then on, whatever becomes of the contact.
    """
    _delete_account(customer_id)
    erased = _item(customer_id, "ERASED")
    if erased is None:
        return "contact already forgotten"
    email = erased["contact_email"]
    if _owner(email) in (None, customer_id):
        _delete_contact(email)
    dynamodb().delete_item(TableName=table("customers"), Key={"customer_id": customer_id, "item": "ERASED"})
    return "contact forgotten"


def _delete_account(customer_id: str) -> None:
    """Deletes by `sub`, which stays when the address changes; an account that is gone already is no error.

    AdminDeleteUser takes the `sub` of a local user as `Username`, however accounts sign in
    (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDeleteUser.html).
    """
    try:
        cognito().admin_delete_user(UserPoolId=setting(USER_POOL_ID), Username=customer_id)
    except cognito().exceptions.UserNotFoundException:
        return


def _owner(email: str) -> str | None:
    """Customer whose contact it is: an address may have got another account since."""
    try:
        contact = ses().get_contact(ContactListName=setting(CONTACT_LIST), EmailAddress=email)
    except ses().exceptions.NotFoundException:
        return None
    return json.loads(contact.get("AttributesData") or "{}").get("customer_id")


def _delete_contact(email: str) -> None:
    """SES has one error for a contact and for a list that is not there; without its list the message fails."""
    try:
        ses().delete_contact(ContactListName=setting(CONTACT_LIST), EmailAddress=email)
    except ses().exceptions.NotFoundException:
        ses().get_contact_list(ContactListName=setting(CONTACT_LIST))


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


def _noted(customer_id: str, chosen_at: str, subscribed: bool) -> bool:
    """Records the engagement in the profile; False if the profile is gone, or the choice another one by now."""
    engagement = {
        "choice_at": chosen_at,
        "email": "subscribed" if subscribed else "unsubscribed",
        "changed_at": timestamp(now()),
    }
    name, key = table("customers"), {"customer_id": customer_id}
    return write(
        {
            "Update": {
                "TableName": name,
                "Key": {**key, "item": "PROFILE"},
                "UpdateExpression": "SET engagement = :engagement",
                "ConditionExpression": "attribute_exists(customer_id)",
                "ExpressionAttributeValues": {":engagement": engagement},
            }
        },
        {
            "ConditionCheck": {
                "TableName": name,
                "Key": {**key, "item": "CONSENT#marketing_email"},
                "ConditionExpression": "attribute_not_exists(given_at) OR given_at = :chosen_at",
                "ExpressionAttributeValues": {":chosen_at": chosen_at},
            }
        },
    )
