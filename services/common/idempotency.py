"""Requests that are done once: what repeats an `Idempotency-Key` gets the first answer again, for a day."""

import re
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from fastapi import Header
from pydantic import BaseModel

from functions.common.log import cause, logger
from services.common.problems import RETRY, ProblemError, conflict, unavailable
from services.common.settings import table

_KEPT_SECONDS = 24 * 3600
# Longer than any request takes: after it a repetition may begin anew what a process left undone.
_IN_PROGRESS_MILLISECONDS = 30_000
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


class _Remaining(LambdaContext):
    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return _IN_PROGRESS_MILLISECONDS


def idempotency_key(value: Annotated[str | None, Header(alias="Idempotency-Key")] = None) -> str:
    """Dependency: the header `Idempotency-Key`, from 1 to 64 letters, digits, `-` or `_`, such as a UUID.

    Raises:
        ProblemError: 400 without one.
    """
    if value is None or not _KEY.fullmatch(value):
        raise ProblemError(400, "the header Idempotency-Key must have 1 to 64 letters, digits, hyphens or underscores")
    return value


def once(
    operation: str, customer_id: str, key: str, request: BaseModel, do: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Do something once for this customer and key; the table `idempotency` keeps the answer.

    Args:
        operation: Name of what is done, such as `place-order`: keys are each operation's own.
        request: What is asked; a key that comes again must ask the same.
        do: Does it; its answer is JSON. What it raises is not kept: the key may be used again.

    Raises:
        ProblemError: 409 `in-progress` with Retry-After, the first request is still going on; 409 `key-reused`, the
            key was used for another request; 503, the table is not reachable.
    """
    config = IdempotencyConfig(
        event_key_jmespath="[customer_id, key]",
        payload_validation_jmespath="request",
        expires_after_seconds=_KEPT_SECONDS,
        hash_function="sha256",
        lambda_context=_Remaining(),
    )
    store = DynamoDBPersistenceLayer(table_name=table("idempotency"), boto3_client=dynamodb())

    @idempotent_function(data_keyword_argument="asked", persistence_store=store, config=config, key_prefix=operation)
    def answered(*, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 Powertools reads it
        return do()

    try:
        return answered(asked={"customer_id": customer_id, "key": key, "request": request.model_dump(mode="json")})
    except IdempotencyAlreadyInProgressError:
        told = "the first request with this Idempotency-Key is still going on"
        raise conflict("in-progress", told, headers=RETRY) from None
    except IdempotencyValidationError:
        raise conflict("key-reused", "this Idempotency-Key was used for another request") from None
    except (IdempotencyPersistenceLayerError, IdempotencyInconsistentStateError) as error:
        logger.error("idempotency fails", extra={"cause": cause(error)})
        raise unavailable("the table of requests") from None


@cache
def dynamodb() -> Any:
    return boto3.client("dynamodb")
