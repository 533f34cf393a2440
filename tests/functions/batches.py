"""Batches of feeds, as event source mappings hand them over."""

import base64
import json
from typing import Any

from tests.functions.cloud import ACCOUNT, REGION


def kafka(topic: str, partition: int, *documents: Any) -> dict[str, Any]:
    """Batch of a Kafka topic; bytes are a record's value as it is, None is a tombstone."""
    records = [
        {
            "topic": topic,
            "partition": partition,
            "offset": 100 + position,
            "timestamp": 1767225600000,
            "timestampType": "CREATE_TIME",
            "key": base64.b64encode(b"key").decode(),
            **({} if document is None else {"value": _encoded(document)}),
            "headers": [],
        }
        for position, document in enumerate(documents)
    ]
    return {
        "eventSource": "aws:kafka",
        "eventSourceArn": f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/feeds/6f1b3c1e-1",
        "bootstrapServers": "b-1.feeds.kafka.eu-west-1.amazonaws.com:9098",
        "records": {f"{topic}-{partition}": records},
    }


def kinesis(stream: str, *documents: Any) -> dict[str, Any]:
    """Batch of a shard of a Kinesis stream; bytes are a record's data as it is."""
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": "key",
                    "sequenceNumber": str(100 + position),
                    "data": _encoded(document),
                    "approximateArrivalTimestamp": 1767225600.0,
                },
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"shardId-000000000000:{100 + position}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": f"arn:aws:iam::{ACCOUNT}:role/feeds",
                "awsRegion": REGION,
                "eventSourceARN": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{stream}",
            }
            for position, document in enumerate(documents)
        ]
    }


def _encoded(document: Any) -> str:
    return base64.b64encode(document if isinstance(document, bytes) else json.dumps(document).encode()).decode()
