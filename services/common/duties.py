"""Processing of duties (`functions.common.duty`): at their time, and again until they are done."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from functions.common.aws import dynamodb, table
from functions.common.duty import ITEM, SHARDS
from functions.common.log import cause, logger
from functions.common.model import now, timestamp

# Longer than a duty takes: after it the task that took the duty counts as dead.
_TAKEN_SECONDS = 60
_PAUSE_SECONDS = (5, 900)


class Duties:
    """
    Args:
        table_name: Table of the settings, such as `orders`.
        key: Name of its partition key.
        see_to: Does what the state of the partition with this key asks for; idempotent. Returns the time of the next
            call, or None if nothing is left to do. After an error it is called again, with a longer pause each time.
    """

    def __init__(self, table_name: str, key: str, see_to: Callable[[str], datetime | None]) -> None:
        self._table, self._key, self._see_to = table_name, key, see_to

    def sweep(self) -> int:
        """Process all duties whose time has come.

        Returns:
            Number of duties.
        """
        count = 0
        for duty in self._waiting():
            count += 1
            self._attend(duty)
        return count

    def attend(self, value: str) -> None:
        """Process the duty of one partition now, if there is one. An error is logged; `sweep` repeats the duty."""
        key = {self._key: value, "item": ITEM}
        duty = dynamodb().get_item(TableName=table(self._table), Key=key, ConsistentRead=True).get("Item")
        if duty:
            self._attend(duty)

    def _waiting(self) -> Iterator[dict[str, Any]]:
        by = timestamp(now())
        for shard in range(SHARDS):
            pages = (
                dynamodb()
                .get_paginator("query")
                .paginate(
                    TableName=table(self._table),
                    IndexName="by_duty",
                    KeyConditionExpression="duty_shard = :shard AND duty_at <= :by",
                    ExpressionAttributeValues={":shard": str(shard), ":by": by},
                )
            )
            for page in pages:
                yield from page["Items"]

    def _attend(self, duty: dict[str, Any]) -> None:
        value, failures = duty[self._key], int(duty.get("failures", 0))
        taken_until = timestamp(now() + timedelta(seconds=_TAKEN_SECONDS))
        if not self._postpone(value, duty["duty_at"], taken_until, failures):
            return  # another task has taken it, or it was written anew
        try:
            again = self._see_to(value)
        except Exception as error:  # noqa: BLE001 whatever fails is repeated
            logger.error("duty failed", extra={"table": self._table, "cause": cause(error), "failures": failures + 1})
            shortest, longest = _PAUSE_SECONDS
            pause = timedelta(seconds=min(shortest * 2**failures, longest))
            self._postpone(value, taken_until, timestamp(now() + pause), failures + 1)
            return
        if again is None:
            self._finish(value, taken_until)
        else:
            self._postpone(value, taken_until, timestamp(again), 0)

    def _postpone(self, value: str, seen: str, until: str, failures: int) -> bool:
        return self._if_as_seen(
            dynamodb().update_item,
            value,
            seen,
            {":until": until, ":failures": failures},
            UpdateExpression="SET duty_at = :until, failures = :failures",
        )

    def _finish(self, value: str, seen: str) -> bool:
        return self._if_as_seen(dynamodb().delete_item, value, seen, {})

    def _if_as_seen(self, write: Callable[..., Any], value: str, seen: str, values: dict[str, Any], **how: Any) -> bool:
        """Whether it was written; False if the duty has changed since it was read."""
        try:
            write(
                TableName=table(self._table),
                Key={self._key: value, "item": ITEM},
                ConditionExpression="duty_at = :seen",
                ExpressionAttributeValues={":seen": seen, **values},
                **how,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True
