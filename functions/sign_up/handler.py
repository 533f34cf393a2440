"""Stores a customer who has confirmed the account, with the consents given."""

import re
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field

from functions.common.aws import table
from functions.common.log import logger
from functions.common.model import Id, Model, now, timestamp
from functions.common.outbox import event as outgoing
from functions.common.outbox import event_id, write

_EVENT = "customer.signed-up"
_PURPOSES = ("marketing_email", "marketing_sms", "profiling")
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
    key = {"customer_id": customer.sub}
    policy_version = metadata.get("policy_version", "")
    if not _POLICY_VERSION.fullmatch(policy_version):
        policy_version = _NO_POLICY
    consent: dict[str, Any] = {
        **{purpose: metadata.get(purpose) == "true" and policy_version != _NO_POLICY for purpose in _PURPOSES},
        "policy_version": policy_version,
        "given_at": at,
    }
    locale, channel = customer.locale.replace("_", "-"), metadata.get("channel", "")
    profile = {
        "customer_id": customer.sub,
        "email": customer.email.lower(),
        "signed_up_at": at,
        "locale": locale if _LOCALE.fullmatch(locale) else "en",
        "channel": channel if channel in _CHANNELS else "web",
    }
    if _PHONE.fullmatch(customer.phone_number):
        profile["phone_number"] = customer.phone_number
    name = table("customers")
    return write(
        {
            "Put": {
                "TableName": name,
                "Item": {**profile, "item": "PROFILE"},
                "ConditionExpression": "attribute_not_exists(customer_id)",
            }
        },
        *({"Put": {"TableName": name, "Item": _consent(key, purpose, consent)}} for purpose in _PURPOSES),
        outgoing(name, key, _EVENT, {"event_id": event_id(_EVENT, customer.sub), **profile, "consent": consent}),
    )


def _consent(key: dict[str, str], purpose: str, consent: dict[str, Any]) -> dict[str, Any]:
    """The choice, a refusal too: it proves what the customer was asked, and when."""
    return {
        **key,
        "item": f"CONSENT#{purpose}",
        "given": consent[purpose],
        "policy_version": consent["policy_version"],
        "given_at": consent["given_at"],
    }
