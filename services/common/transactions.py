"""Transactions whose caller repeats them after a concurrent change."""

from collections.abc import Mapping
from typing import Any

from functions.common.aws import dynamodb
from functions.common.outbox import write


def written(*items: Mapping[str, Any]) -> bool:
    """As `functions.common.outbox.write`, with False also for a conflict with another transaction.

    Raises:
        InvalidPayloadError: DynamoDB takes no such items, however often they are written.
        ClientError: any other failure.
    """
    try:
        return write(*items)
    except dynamodb().exceptions.TransactionCanceledException as error:
        reasons = {reason["Code"] for reason in error.response["CancellationReasons"]} - {"None"}
        if reasons <= {"ConditionalCheckFailed", "TransactionConflict"}:
            return False
        raise
