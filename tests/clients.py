"""Clients and keys that functions and services keep for the life of their process: each group of tests begins anew."""

from functions.common import aws
from services.common import cache, idempotency, identity, inbox

_KEPT = (
    *(aws.dynamodb, aws.lambda_, aws.pipes, aws.ses, aws.sqs),
    *(cache.shared, idempotency.dynamodb, identity.keys, inbox.sqs),
)


def forget() -> None:
    """Those of an emulator that has gone would be used, and fail, in tests of another folder."""
    for made in _KEPT:
        made.cache_clear()
