"""Sends customers messages about their orders, and a welcome to those who agree to offers by e-mail.

Messages about orders are sent whatever a customer agreed to. Offers are sent to who agreed alone, and SES adds the
header and the link by which they unsubscribe.
"""

from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field

from functions.common.aws import dynamodb, mail, optional, setting, table
from functions.common.log import logger
from functions.common.messages import each
from functions.common.model import Id, Model, Moment
from functions.common.names import (
    CONTACT_LIST,
    MAIL_CONFIGURATION_SET,
    MAIL_FROM,
    MAIL_REPLY_TO,
    MAIL_STORE,
    MARKETING_TOPIC,
    STORE_URL,
)
from functions.common.outbox import TryAgainError, event_id
from functions.messages.letters import Kind, Letter, moment, money, write
from functions.messages.once import once

_OFF = "engagement is off"
_GONE = "customer is gone"
_DEAD_ADDRESS = "address is dead"
_OF_STATUS: dict[str, Kind] = {"shipped": "order-shipped", "cancelled": "order-cancelled"}


class _Detail(Model):
    event_id: Id
    customer_id: Id | None = None
    order_id: Id = ""
    status: str = ""
    tracking_number: str = ""
    currency: str = ""
    total_minor: int = 0
    amount_minor: int = 0
    held_until: Moment | None = None
    marketing_email: bool = False


class _Event(Model):
    detail_type: str = Field(alias="detail-type")
    detail: _Detail


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """
    Args:
        event: Messages with events of orders, held payments, and contacts that were given.

    Returns:
        The failed messages.
    """
    return each(event, context, _follow)


def _follow(record: SQSRecord) -> None:
    event = _Event.model_validate_json(record.body)
    done = _answer(event) if optional(MAIL_FROM) else _OFF
    logger.info(done, extra={"event_id": event.detail.event_id})


def _answer(event: _Event) -> str:
    told = event.detail
    if event.detail_type == "customer.contact-given":
        return _welcome(told)
    kind = _OF_STATUS.get(told.status)
    if event.detail_type == "order.placed":
        kind = "order-accepted"
    elif event.detail_type == "payment.held":
        kind = "payment-held"
    if kind is None:
        return "nothing to say"
    customer_id = told.customer_id or _customer_of(told.order_id)
    profile = _profile(customer_id) if customer_id else None
    if profile is None:
        return _GONE
    minor = told.total_minor or told.amount_minor
    letter = _letter(
        kind,
        profile,
        link=f"{setting(STORE_URL)}/orders/{told.order_id}",
        values={
            "order_id": told.order_id,
            "tracking_number": told.tracking_number,
            "total": money(minor, told.currency) if told.currency else "",
            "held_until": moment(told.held_until, profile["locale"]) if told.held_until else "",
        },
    )
    return _sent(told.event_id, kind, profile, letter)


def _welcome(told: _Detail) -> str:
    """Once for each time that a customer agrees: the event comes with every change of the contact.

    Raises:
        TryAgainError: the contact list does not know yet what the customer has chosen.
    """
    contacts, customer_id = optional(CONTACT_LIST), told.customer_id
    if contacts is None or not told.marketing_email or customer_id is None:
        return "no offers"
    profile = _profile(customer_id)
    consent = _item("customers", customer_id=customer_id, item="CONSENT#marketing_email")
    if profile is None:
        return _GONE
    if not consent or not consent["given"]:
        return "no offers"
    engagement = profile.get("engagement", {})
    if engagement.get("choice_at") != consent["given_at"]:
        raise TryAgainError
    letter = _letter("welcome", profile, link=f"{setting(STORE_URL)}/", values={}, can_unsubscribe=True)
    options = {"ListManagementOptions": {"ContactListName": contacts, "TopicName": MARKETING_TOPIC}}
    return _sent(event_id("welcome", customer_id, consent["given_at"]), "welcome", profile, letter, options)


def _letter(kind: Kind, profile: dict[str, Any], **given: Any) -> Letter:
    name = profile.get("given_name", "")
    return write(kind, locale=profile["locale"], name=name, store=setting(MAIL_STORE), **given)


def _sent(
    message: str, kind: Kind, profile: dict[str, Any], letter: Letter, options: dict[str, Any] | None = None
) -> str:
    def send() -> str:
        return mail().send_email(
            FromEmailAddress=setting(MAIL_FROM),
            ReplyToAddresses=[setting(MAIL_REPLY_TO)],
            Destination={"ToAddresses": [profile["email"]]},
            ConfigurationSetName=setting(MAIL_CONFIGURATION_SET),
            Content={
                "Simple": {
                    "Subject": {"Data": letter.subject, "Charset": "UTF-8"},
                    "Body": {
                        "Text": {"Data": letter.text, "Charset": "UTF-8"},
                        "Html": {"Data": letter.html, "Charset": "UTF-8"},
                    },
                }
            },
            # They come back with what SES tells of the message.
            EmailTags=[{"Name": "customer_id", "Value": profile["customer_id"]}, {"Name": "kind", "Value": kind}],
            **(options or {}),
        )["MessageId"]

    if "email_bounced_at" in profile:
        return _DEAD_ADDRESS
    return f"{kind} sent" if once(message, send) else f"{kind} was sent before"


def _customer_of(order_id: str) -> str | None:
    order = _item("orders", order_id=order_id, item="ORDER")
    return order["customer_id"] if order else None


def _profile(customer_id: str) -> dict[str, Any] | None:
    return _item("customers", customer_id=customer_id, item="PROFILE")


def _item(name: str, **key: str) -> dict[str, Any] | None:
    return dynamodb().get_item(TableName=table(name), Key=key, ConsistentRead=True).get("Item")
