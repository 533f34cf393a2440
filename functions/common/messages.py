"""Batches of SQS messages: each is handled by itself; failed ones come again, then go to the dead-letter queue."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.base import BasePartialBatchProcessor
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.common.log import cause, logger


class _Logged(BasePartialBatchProcessor):
    """Logs the cause of a failure. Powertools itself would raise when all fail, and quote the messages' data."""

    def failure_handler(self, record: Any, exception: Any) -> Any:
        logger.error("message failed", extra={"message_id": record.message_id, "cause": cause(exception[1])})
        return super().failure_handler(record, exception)


class _Messages(_Logged, BatchProcessor):
    pass


class _Groups(_Logged, SqsFifoPartialProcessor):
    pass


def each(event: dict[str, Any], context: LambdaContext, handle: Callable[[SQSRecord], None]) -> Any:
    """Handle the messages of a queue.

    Returns:
        Answer to the event source mapping: the failed messages.
    """
    processor = _Messages(EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event, handle, processor, context)


def each_in_group(event: dict[str, Any], context: LambdaContext, handle: Callable[[SQSRecord], None]) -> Any:
    """Handle the messages of a FIFO queue: after a failure the rest of its group fails too, which keeps their order.

    Returns:
        Answer to the event source mapping: the failed messages.
    """
    processor = _Groups(skip_group_on_error=True)
    processor.raise_on_entire_batch_failure = False
    return process_partial_response(event, handle, processor, context)
