"""Event source mappings from queues.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from local.mapping import EventSourceMapping

_POLL_SECONDS: Final = 5
_DENIED_SECONDS: Final = 5.0
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
_LARGEST: Final = 10


class QueueMapping(EventSourceMapping):
    """What the function does not report as done comes again once its visibility time-out is over."""

    async def run(self) -> None:
        url = self._around.cloud.queue_url(self.source)
        while True:
            if not self._may("sqs:ReceiveMessage", self.source):
                await asyncio.sleep(_DENIED_SECONDS)
                continue
            answer = await self._around.cloud.call(
                "sqs",
                "ReceiveMessage",
                QueueUrl=url,
                MaxNumberOfMessages=min(self._most, _LARGEST),
                WaitTimeSeconds=_POLL_SECONDS,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            if answer.get("Messages"):
                await self._handle(url, answer["Messages"])

    async def _handle(self, url: str, messages: list[dict[str, Any]]) -> None:
        event = {"Records": [_message(message, self.source) for message in messages]}
        failed, failure = await self._invoke(event)
        done = [message for message in messages if failed is not None and message["MessageId"] not in failed]
        self._tell(len(messages), len(messages) - len(done), failure)
        if done and self._may("sqs:DeleteMessage", self.source):
            for message in done:
                handle = message["ReceiptHandle"]
                await self._around.cloud.call("sqs", "DeleteMessage", QueueUrl=url, ReceiptHandle=handle)


def _message(message: Mapping[str, Any], queue_arn: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    attributes = {
        name: {
            "stringValue": value.get("StringValue"),
            "binaryValue": value.get("BinaryValue"),
            "dataType": value["DataType"],
        }
        for name, value in (message.get("MessageAttributes") or {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes") or {},
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }
