"""Where the simulated provider keeps its charges and its signing key: a table, or the memory of one process."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from threading import Lock
from typing import Any, Protocol

from boto3.dynamodb.conditions import Attr, Key
from joserfc.jwk import ECKey

from functions.common.aws import dynamodb, table
from functions.common.model import now, timestamp
from services.payment_provider.held import Held

TABLE = "charges"
_KEPT = timedelta(days=30)
_LISTED_DAYS = 2
# No reference: the API's model takes none of more than 64 characters.
_SIGNING_KEY = "signing-key".ljust(65, ".")


class Shelf(Protocol):
    def find(self, reference: str) -> Held | None: ...

    def keep(self, held: Held) -> bool:
        """Keep a charge in place of the one with the version before; False if that is not there any more."""
        ...

    def latest(self) -> list[Held]:
        """Charges since the beginning of yesterday, or more."""
        ...

    def signing_key(self) -> ECKey:
        """Key of all notices, the same for all processes that share the shelf."""
        ...


class Memory:
    """Ends with its process."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self._key = new_key()
        self._lock = Lock()

    def find(self, reference: str) -> Held | None:
        return self._held.get(reference)

    def keep(self, held: Held) -> bool:
        with self._lock:
            before = self._held.get(held.charge.reference)
            if (before.version if before else 0) != held.version - 1:
                return False
            self._held[held.charge.reference] = held
            return True

    def latest(self) -> list[Held]:
        return list(self._held.values())

    def signing_key(self) -> ECKey:
        return self._key


class Table:
    """Table `charges`. A charge is forgotten 30 days after its last change; the signing key is never."""

    def find(self, reference: str) -> Held | None:
        found = self._read(reference)
        return None if found is None else Held.model_validate_json(found["held"])

    def keep(self, held: Held) -> bool:
        at = now()
        item = {
            "reference": held.charge.reference,
            "version": held.version,
            # A body takes no null.
            "held": held.model_dump_json(exclude_none=True),
            "day": at.date().isoformat(),
            "changed_at": timestamp(at),
            "expires_at": int((at + _KEPT).timestamp()),
        }
        unchanged = Attr("version").eq(held.version - 1) if held.version > 1 else Attr("reference").not_exists()
        return self._put(item, unchanged)

    def latest(self) -> list[Held]:
        return [Held.model_validate_json(item["held"]) for item in self._of_days()]

    def signing_key(self) -> ECKey:
        if self._read(_SIGNING_KEY) is None:
            made = new_key().as_dict(private=True)
            self._put({"reference": _SIGNING_KEY, "jwk": made}, Attr("reference").not_exists())
        kept = self._read(_SIGNING_KEY)
        assert kept, "the signing key must stay in the table: nothing deletes it"
        return ECKey.import_key(kept["jwk"])

    def _read(self, reference: str) -> dict[str, Any] | None:
        answer = dynamodb().get_item(TableName=table(TABLE), Key={"reference": reference}, ConsistentRead=True)
        return answer.get("Item")

    def _put(self, item: dict[str, Any], condition: Any) -> bool:
        try:
            dynamodb().put_item(TableName=table(TABLE), Item=item, ConditionExpression=condition)
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _of_days(self) -> Iterator[dict[str, Any]]:
        for days in range(_LISTED_DAYS):
            day = (now() - timedelta(days=days)).date().isoformat()
            pages = (
                dynamodb()
                .get_paginator("query")
                .paginate(
                    TableName=table(TABLE),
                    IndexName="by_day",
                    KeyConditionExpression=Key("day").eq(day),
                    ScanIndexForward=False,
                )
            )
            for page in pages:
                yield from page["Items"]


def new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": uuid.uuid4().hex})
