"""Clients and keys that functions, services and tests keep for a process: each group of tests begins anew."""

from functions.common import aws
from services.common import cache, idempotency, identity, inbox
from tests.functions import cloud

_KEPT = (
    *(aws.dynamodb, aws.lambda_, aws.pipes, aws.ses, aws.sqs),
    *(cache.shared, idempotency.dynamodb, identity.keys, inbox.sqs),
    *(cloud.client, cloud.resource),
)


def forget() -> None:
    """Those of an emulator that has gone would be used, and fail, in tests of another folder."""
    for made in _KEPT:
        made.cache_clear()
