"""What the store keeps of a customer: read as a whole, changed in transactions.

Every change counts the profile's version up, so that two at a time do not miss each other.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from functions.common.aws import dynamodb, table
from functions.common.customer import CONTACT_GIVEN, PURPOSES, consent_item, contact_given
from functions.common.model import now, timestamp
from functions.common.outbox import event, event_id, write
from services.common.bodies import Address, ConsentChange, CustomerProfile
from services.customers.chat import COUNTER

Item = dict[str, Any]

_CONSENT_CHANGED, _ERASED = "customer.consent-changed", "customer.erased"
_ERASED_SECONDS = 30 * 24 * 3600
_ADDRESSES = 10


class TooManyAddressesError(Exception):
    """The customer has as many addresses as fit."""


@dataclass(frozen=True)
class Record:
    customer_id: str
    profile: Item
    addresses: dict[str, Item]
    """By id."""
    consents: dict[str, Item]
    """By purpose."""
    contacts: list[str]
    """Events of the outbox that hold the address, by their sort keys."""

    @classmethod
    def read(cls, customer_id: str) -> Self | None:
        """None if nobody has signed up with this id, or the customer is erased."""
        pages = (
            dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=table("customers"),
                KeyConditionExpression="customer_id = :customer_id",
                ExpressionAttributeValues={":customer_id": customer_id},
                ConsistentRead=True,
            )
        )
        items: dict[str, Item] = {item["item"]: item for page in pages for item in page["Items"]}
        if "PROFILE" not in items:
            return None
        return cls(
            customer_id,
            items["PROFILE"],
            _below(items, "ADDRESS#"),
            _below(items, "CONSENT#"),
            [key for key, item in items.items() if item.get("detail_type") == CONTACT_GIVEN],
        )

    def change(self, asked: CustomerProfile) -> bool:
        """Returns whether it was written; False if somebody else was faster."""
        changed = {key: getattr(asked, key) for key in asked.model_fields_set}
        profile = {**self.profile, **changed}
        reached = {key for key in ("locale", "phone_number") if profile.get(key) != self.profile.get(key)}
        given = self._given
        told = contact_given(profile, given, self._policy_version, timestamp(now())) if reached else []
        return write(self._counted(changed), *told)

    def put_address(self, address_id: str, address: Address) -> bool:
        """Returns whether it was written; False if somebody else was faster.

        Raises:
            TooManyAddressesError: there is no room for another one.
        """
        if address_id not in self.addresses and len(self.addresses) >= _ADDRESSES:
            raise TooManyAddressesError
        item = {"customer_id": self.customer_id, "item": f"ADDRESS#{address_id}", **address.model_dump()}
        return write(self._counted({}), {"Put": {"TableName": table("customers"), "Item": item}})

    def delete_address(self, address_id: str) -> bool:
        """Returns whether it is gone; False if somebody else was faster."""
        if address_id not in self.addresses:
            return True
        return write(self._counted({}), self._delete(f"ADDRESS#{address_id}"))

    def choose(self, asked: ConsentChange) -> bool:
        """Note what the customer chooses, and tell of it if anything is different.

        A choice that stays, under the same policy, keeps its time: it is no new one.

        Returns:
            Whether it is so; False if somebody else was faster.
        """
        at = timestamp(now())
        given = {purpose: getattr(asked, purpose) for purpose in PURPOSES}
        new = [purpose for purpose in PURPOSES if self._differs(purpose, given[purpose], asked.policy_version)]
        if not new:
            return True
        detail = {
            "event_id": event_id(_CONSENT_CHANGED, self.customer_id, at),
            "customer_id": self.customer_id,
            "consents": given,
            "policy_version": asked.policy_version,
            "changed_at": at,
        }
        return write(
            self._counted({}),
            *(consent_item(self.customer_id, purpose, given[purpose], asked.policy_version, at) for purpose in new),
            event(table("customers"), self._key, _CONSENT_CHANGED, detail),
            *contact_given(self.profile, given, asked.policy_version, at),
        )

    def erase(self) -> bool:
        """Delete everything. The address stays for who has to find the contact by it, for 30 days at most.

        Returns:
            Whether it is gone; False if somebody else was faster.
        """
        name, at = table("customers"), timestamp(now())
        for key in self.contacts:  # their number has no bound, unlike that of a transaction's items
            dynamodb().delete_item(TableName=name, Key={**self._key, "item": key})
        left = {"contact_email": self.profile["email"], "expires_at": int(time.time()) + _ERASED_SECONDS}
        detail = {"event_id": event_id(_ERASED, self.customer_id), "customer_id": self.customer_id, "erased_at": at}
        kept = [f"ADDRESS#{address}" for address in self.addresses] + [f"CONSENT#{choice}" for choice in self.consents]
        profile = {"TableName": name, "Key": {**self._key, "item": "PROFILE"}, **self._as_seen}
        return write(
            {"Delete": profile},
            *(self._delete(item) for item in (*kept, COUNTER)),
            {"Put": {"TableName": name, "Item": {**self._key, "item": "ERASED", **left}}},
            event(name, self._key, _ERASED, detail),
        )

    @property
    def _key(self) -> dict[str, str]:
        return {"customer_id": self.customer_id}

    @property
    def _given(self) -> dict[str, bool]:
        return {purpose: bool(self.consents.get(purpose, {}).get("given")) for purpose in PURPOSES}

    @property
    def _policy_version(self) -> str:
        """Of the latest choice."""
        choices = sorted(self.consents.values(), key=lambda choice: choice["given_at"])
        return choices[-1]["policy_version"] if choices else ""

    def _differs(self, purpose: str, given: bool, policy_version: str) -> bool:
        choice = self.consents.get(purpose, {})
        return (choice.get("given"), choice.get("policy_version")) != (given, policy_version)

    @property
    def _as_seen(self) -> Item:
        version = self.profile.get("version")
        if version is None:
            return {"ConditionExpression": "attribute_exists(customer_id) AND attribute_not_exists(version)"}
        return {"ConditionExpression": "version = :seen", "ExpressionAttributeValues": {":seen": version}}

    def _counted(self, changed: Mapping[str, Any]) -> Item:
        seen = self._as_seen
        values = {
            **seen.pop("ExpressionAttributeValues", {}),
            ":now": int(self.profile.get("version", 0)) + 1,
            **{f":{key}": value for key, value in changed.items()},
        }
        changes = ", ".join(["version = :now", *(f"{key} = :{key}" for key in changed)])
        return {
            "Update": {
                "TableName": table("customers"),
                "Key": {**self._key, "item": "PROFILE"},
                "UpdateExpression": f"SET {changes}",
                "ExpressionAttributeValues": values,
                **seen,
            }
        }

    def _delete(self, item: str) -> Item:
        return {"Delete": {"TableName": table("customers"), "Key": {**self._key, "item": item}}}


def note_order(customer_id: str, at: str) -> None:
    """Keep when an order of the customer last went a step; nothing is kept of who is erased."""
    try:
        dynamodb().update_item(
            TableName=table("customers"),
            Key={"customer_id": customer_id, "item": "PROFILE"},
            UpdateExpression="SET last_order_at = :at",
            ConditionExpression="attribute_exists(customer_id) AND"
            " (attribute_not_exists(last_order_at) OR last_order_at < :at)",
            ExpressionAttributeValues={":at": at},
        )
    except dynamodb().exceptions.ConditionalCheckFailedException:
        return


def _below(items: Mapping[str, Item], prefix: str) -> dict[str, Item]:
    return {key.removeprefix(prefix): item for key, item in sorted(items.items()) if key.startswith(prefix)}
