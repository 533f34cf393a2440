"""Notes in a customer's profile that the address is dead, and withdraws the consent of who complains or unsubscribes.

SES tells it of messages that the service `messages` sent, which bear the customer's id as a tag.
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from typing import Any, Literal

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field

from functions.common.aws import dynamodb, table
from functions.common.customer import PURPOSES, contact_given
from functions.common.log import logger
from functions.common.messages import each
from functions.common.model import Model, Moment, now, timestamp
from functions.common.names import MARKETING_TOPIC
from functions.common.outbox import TryAgainError, event, event_id, write

_CONSENT_CHANGED = "customer.consent-changed"
_EMAIL = "marketing_email"
# Others say nothing of the address: a full mailbox, the suppression list, a contact who has unsubscribed.
_DEAD = ("General", "NoEmail")
# SES has sent nothing: the customer complained of an earlier message.
_SUPPRESSED = "OnAccountSuppressionList"


class _Mail(Model):
    message_id: str = Field(alias="messageId")
    destination: list[str]
    tags: dict[str, list[str]]


class _Bounce(Model):
    type: str = Field(alias="bounceType")
    subtype: str = Field(alias="bounceSubType")
    timestamp: Moment


class _Complaint(Model):
    timestamp: Moment
    subtype: str | None = Field(alias="complaintSubType", default=None)


class _Topic(Model):
    name: str = Field(alias="topicName")
    status: Literal["OptIn", "OptOut"] = Field(alias="subscriptionStatus")


class _Preferences(Model):
    unsubscribe_all: bool = Field(alias="unsubscribeAll", default=False)
    topics: list[_Topic] = Field(alias="topicSubscriptionStatus", default=[])


class _Subscription(Model):
    timestamp: Moment
    preferences: _Preferences = Field(alias="newTopicPreferences")

    @property
    def is_left(self) -> bool:
        left = [topic.name for topic in self.preferences.topics if topic.status == "OptOut"]
        return self.preferences.unsubscribe_all or MARKETING_TOPIC in left


class _Detail(Model):
    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    subscription: _Subscription | None = None


class _Event(Model):
    detail: _Detail


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """
    Args:
        event: Messages with events of SES.

    Returns:
        The failed messages.
    """
    return each(event, context, _follow)


def _follow(record: SQSRecord) -> None:
    told = _Event.model_validate_json(record.body).detail
    (customer_id, *_) = told.mail.tags.get("customer_id") or [None]
    done = _answer(told, customer_id) if customer_id else "message has no customer"
    logger.info(done, extra={"mail_id": told.mail.message_id})


def _answer(told: _Detail, customer_id: str) -> str:
    if told.bounce is not None:
        if told.bounce.type != "Permanent" or told.bounce.subtype not in _DEAD:
            return "bounce says nothing of the address"
        return _note_dead(customer_id, told.mail.destination, told.bounce.timestamp)
    if told.complaint is not None:
        if told.complaint.subtype == _SUPPRESSED:
            return "complaint is not new"
        return _withdraw(customer_id, told.complaint.timestamp)
    if told.subscription is not None and told.subscription.is_left:
        return _withdraw(customer_id, told.subscription.timestamp)
    return "nothing to follow"


def _note_dead(customer_id: str, addresses: list[str], at: Moment) -> str:
    """Only of the address that the customer still has."""
    (address, *_) = addresses
    try:
        dynamodb().update_item(
            TableName=table("customers"),
            Key={"customer_id": customer_id, "item": "PROFILE"},
            UpdateExpression="SET email_bounced_at = :at",
            ConditionExpression="email = :address",
            ExpressionAttributeValues={":at": timestamp(at), ":address": address.lower()},
        )
    except dynamodb().exceptions.ConditionalCheckFailedException:
        return "address is no longer the customer's"
    return "address noted as dead"


def _withdraw(customer_id: str, at: Moment) -> str:
    """Withdraws the consent to offers by e-mail, unless the customer has given it later than `at`.

    The contact list and third parties follow the event, as for a choice in the account.

    Raises:
        TryAgainError: the customer chose at this moment.
    """
    items = dynamodb().query(
        TableName=table("customers"),
        KeyConditionExpression="customer_id = :customer_id AND #item BETWEEN :first AND :last",
        ExpressionAttributeNames={"#item": "item"},
        ExpressionAttributeValues={":customer_id": customer_id, ":first": "CONSENT#", ":last": "PROFILE"},
        ConsistentRead=True,
    )["Items"]
    kept = {item["item"]: item for item in items}
    profile, consent = kept.get("PROFILE"), kept.get(f"CONSENT#{_EMAIL}")
    if profile is None:
        return "customer is gone"
    if consent is None or not consent["given"]:
        return "consent was withdrawn before"
    if consent["given_at"] > timestamp(at):
        return "consent is newer"
    if not _written(profile, consent, kept):
        raise TryAgainError
    return "consent withdrawn"


def _written(profile: dict[str, Any], consent: dict[str, Any], kept: dict[str, Any]) -> bool:
    """False if the customer or another function was faster."""
    name, customer_id, at = table("customers"), profile["customer_id"], timestamp(now())
    given = {purpose: bool(kept.get(f"CONSENT#{purpose}", {}).get("given")) for purpose in PURPOSES} | {_EMAIL: False}
    detail = {
        "event_id": event_id(_CONSENT_CHANGED, customer_id, at),
        "customer_id": customer_id,
        "consents": given,
        "policy_version": consent["policy_version"],
        "changed_at": at,
    }
    version = profile.get("version")
    seen = "attribute_not_exists(version)" if version is None else "version = :seen"
    values = {":now": int(version or 0) + 1, **({} if version is None else {":seen": version})}
    return write(
        {
            "Update": {
                "TableName": name,
                "Key": {"customer_id": customer_id, "item": "PROFILE"},
                "UpdateExpression": "SET version = :now",
                "ConditionExpression": f"attribute_exists(customer_id) AND {seen}",
                "ExpressionAttributeValues": values,
            }
        },
        {"Put": {"TableName": name, "Item": {**consent, "given": False, "given_at": at}}},
        event(name, {"customer_id": customer_id}, _CONSENT_CHANGED, detail),
        *contact_given(profile, given, consent["policy_version"], at),
    )
