"""AWS clients, one of each per process, and the environment variables that the program sets."""

import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from functions.common.names import table_variable

# A call that hangs leaves time for another within the five seconds that Cognito waits for a function
# (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html).
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=50,  # a service answers 40 requests at a time, and takes its inbox
)
_ONCE = Config(retries={"total_max_attempts": 1})


def setting(name: str) -> str:
    """
    Raises:
        LookupError: the variable is not set.
    """
    value = os.environ.get(name)
    if not value:
        raise LookupError(f"{name} must be set: declare its use in the entry of this service in app_tier.services")
    return value


def optional(name: str) -> str | None:
    """Value of a variable that some environments do not set."""
    return os.environ.get(name) or None


def table(name: str) -> str:
    """Name in AWS of a table that the service's entry declares."""
    return setting(table_variable(name))


@cache
def dynamodb() -> Any:
    """Client that takes and gives Python values; numbers come as `Decimal`."""
    resource: Any = boto3.resource("dynamodb", config=_CONFIG)
    return resource.meta.client


@cache
def sqs() -> Any:
    return boto3.client("sqs", config=_CONFIG)


@cache
def sns() -> Any:
    return boto3.client("sns", config=_CONFIG)


@cache
def lex() -> Any:
    """Client of bots, without a second attempt: the first may have been fulfilled, and a customer waits."""
    patient = Config(read_timeout=10, retries={"total_max_attempts": 1})
    return boto3.client("lexv2-runtime", config=_CONFIG.merge(patient))


@cache
def places() -> Any:
    """Client of Amazon Location's search of places, without a second attempt: a customer waits, and each is billed."""
    return boto3.client("geo-places", config=_CONFIG.merge(_ONCE))


@cache
def location() -> Any:
    """Client of Amazon Location's resources."""
    return boto3.client("location", config=_CONFIG)


@cache
def personalize() -> Any:
    return boto3.client("personalize", config=_CONFIG)


@cache
def personalize_events() -> Any:
    """Client that tells Personalize of events, without a second attempt: a customer waits."""
    return boto3.client("personalize-events", config=_CONFIG.merge(_ONCE))


@cache
def personalize_runtime() -> Any:
    """Client of recommendations, without a second attempt: a customer waits."""
    return boto3.client("personalize-runtime", config=_CONFIG.merge(_ONCE).merge(Config(read_timeout=1)))


@cache
def s3() -> Any:
    return boto3.client("s3", config=_CONFIG)


@cache
def events() -> Any:
    return boto3.client("events", config=_CONFIG)


@cache
def kms() -> Any:
    return boto3.client("kms", config=_CONFIG)


@cache
def sagemaker() -> Any:
    """Client of endpoints of models, without a second attempt: a payment waits for it."""
    return boto3.client("sagemaker-runtime", config=_CONFIG.merge(_ONCE))


@cache
def fraud_detector() -> Any:
    """Client of detectors, without a second attempt: a payment waits for it."""
    return boto3.client("frauddetector", config=_CONFIG.merge(_ONCE))


@cache
def pipes() -> Any:
    return boto3.client("pipes", config=_CONFIG)


@cache
def lambda_() -> Any:
    return boto3.client("lambda", config=_CONFIG)


@cache
def cognito() -> Any:
    return boto3.client("cognito-idp", config=_CONFIG)


@cache
def ses() -> Any:
    """Client that waits, longer each time, when SES refuses a request as one too many.

    SES takes one request a second of each kind but sending, from the whole account
    (https://docs.aws.amazon.com/ses/latest/dg/quotas.html).
    """
    patient = Config(retries={"mode": "standard", "total_max_attempts": 6})
    return boto3.client("sesv2", config=_CONFIG.merge(patient))


@cache
def mail() -> Any:
    """Client of SES that sends once: a second attempt could be a second message.

    It waits longer for the answer, since what became of a message is not known without one.
    """
    return boto3.client("sesv2", config=_CONFIG.merge(Config(read_timeout=10, retries={"total_max_attempts": 1})))
