"""Stores a customer who has confirmed the account, with the consents given."""

import re
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field

from functions.common.aws import table
from functions.common.customer import PURPOSES, consent_item, contact_given
from functions.common.log import logger
from functions.common.model import Id, Model, now, timestamp
from functions.common.outbox import event as outgoing
from functions.common.outbox import event_id, write

_EVENT = "customer.signed-up"
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_LOCALE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_CHANNELS = ("web", "mobile", "support")
_POLICY_VERSION = re.compile(r"[ -~]{1,32}")
_NO_POLICY = "none"


class _Attributes(Model):
    sub: Id
    email: str
    phone_number: str = ""
    locale: str = ""


class _Request(Model):
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-confirmation.html"""

    attributes: _Attributes = Field(alias="userAttributes")
    metadata: dict[str, str] | None = Field(alias="clientMetadata", default=None)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Cognito waits for the answer and calls up to three times; only the first call writes.

    Consents come in the client metadata of the call that confirms the account: `"true"` for each consent given, and
    `policy_version`, printable ASCII of at most 32 letters. Without a version nobody could prove later what the
    customer agreed to, so no consent counts.

    Returns:
        The event, as Cognito expects it.
    """
    if event["triggerSource"] == "PostConfirmation_ConfirmSignUp":
        written = _keep(_Request.model_validate(event["request"]))
        logger.info("customer stored" if written else "customer already stored")
    return event


def _keep(request: _Request) -> bool:
    customer, metadata, at = request.attributes, request.metadata or {}, timestamp(now())
    policy_version = metadata.get("policy_version", "")
    if not _POLICY_VERSION.fullmatch(policy_version):
        policy_version = _NO_POLICY
    given = {purpose: metadata.get(purpose) == "true" and policy_version != _NO_POLICY for purpose in PURPOSES}
    locale, channel = customer.locale.replace("_", "-"), metadata.get("channel", "")
    told = {
        "customer_id": customer.sub,
        "signed_up_at": at,
        "locale": locale if _LOCALE.fullmatch(locale) else "en",
        "channel": channel if channel in _CHANNELS else "web",
    }
    profile = {**told, "email": customer.email.lower()}
    if _PHONE.fullmatch(customer.phone_number):
        profile["phone_number"] = customer.phone_number
    # Events are archived: whoever needs the address reads it by the id.
    consent = {**given, "policy_version": policy_version, "given_at": at}
    detail = {"event_id": event_id(_EVENT, customer.sub), **told, "consent": consent}
    name = table("customers")
    return write(
        {
            "Put": {
                "TableName": name,
                "Item": {**profile, "item": "PROFILE"},
                "ConditionExpression": "attribute_not_exists(customer_id)",
            }
        },
        *(consent_item(customer.sub, purpose, given[purpose], policy_version, at) for purpose in PURPOSES),
        outgoing(name, {"customer_id": customer.sub}, _EVENT, detail),
        *contact_given(profile, given, policy_version, at),
    )
