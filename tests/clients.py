"""Clients and keys that functions, services and tests keep for a process: each group of tests begins anew."""

from functions.common import aws
from functions.common.fraud import hashes
from services.common import cache, idempotency, identity, inbox
from tests.functions import cloud

_KEPT = (
    *(aws.dynamodb, aws.fraud_detector, aws.kms, aws.lambda_, aws.pipes, aws.sagemaker, aws.ses, aws.sqs, hashes._key),
    *(cache.shared, idempotency.dynamodb, identity.keys, inbox.sqs),
    *(cloud.client, cloud.resource),
)


def forget() -> None:
    """Those of an emulator that has gone would be used, and fail, in tests of another folder."""
    for made in _KEPT:
        made.cache_clear()
