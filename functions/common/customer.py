"""Items of a customer in table `customers`, and what events tell of them.

Under the `customer_id` there are
    PROFILE            email (lower case), locale, channel, signed_up_at; given_name, family_name, phone_number where
                       the customer gave them; version; engagement (what the contact list was told, by `consent`)
    ADDRESS#<id>       as the model `Address` has it
    CONSENT#<purpose>  given, policy_version, given_at: a refusal too proves what the customer was asked, and when
    ERASED             contact_email of a customer who is gone, until the contact list has forgotten it, and for 30 days
                       at most (expires_at)
"""

from collections.abc import Mapping
from typing import Any

from functions.common.aws import table
from functions.common.outbox import event, event_id

Item = dict[str, Any]

PURPOSES = ("marketing_email", "marketing_sms", "profiling")
CONTACT_GIVEN = "customer.contact-given"
_MARKETING = ("marketing_email", "marketing_sms")


def consent_item(customer_id: str, purpose: str, given: bool, policy_version: str, at: str) -> Item:
    """Item of a transaction: what the customer has chosen."""
    choice = {"given": given, "policy_version": policy_version, "given_at": at}
    item = {"customer_id": customer_id, "item": f"CONSENT#{purpose}", **choice}
    return {"Put": {"TableName": table("customers"), "Item": item}}


def contact_given(profile: Mapping[str, Any], given: Mapping[str, bool], policy_version: str, at: str) -> list[Item]:
    """Items of a transaction: the event with the customer's address, if the customer agrees to any marketing.

    Args:
        profile: Item `PROFILE`.
        given: Purpose to whether the customer agrees.
    """
    if not any(given[purpose] for purpose in _MARKETING):
        return []
    customer_id = profile["customer_id"]
    detail = {
        "event_id": event_id(CONTACT_GIVEN, customer_id, at),
        "customer_id": customer_id,
        "email": profile["email"],
        "phone_number": profile.get("phone_number"),
        "locale": profile["locale"],
        **{purpose: given[purpose] for purpose in _MARKETING},
        "policy_version": policy_version,
        "changed_at": at,
    }
    return [event(table("customers"), {"customer_id": customer_id}, CONTACT_GIVEN, detail)]
