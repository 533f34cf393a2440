"""Cases of the rules in `offline/checks/rules/messaging.py`."""

import json
from typing import Any

from tests.offline.checks.good_inputs import ARN, RESOURCE, Case, document

REDRIVE = json.dumps({"deadLetterTargetArn": ARN.format("sqs", "dead.fifo"), "maxReceiveCount": 5})

CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "sqs/queue:Queue": (
        {
            "name": "orders.fifo",
            "fifoQueue": True,
            "contentBasedDeduplication": True,
            "fifoThroughputLimit": "perMessageGroupId",
            "deduplicationScope": "messageGroup",
            "kmsMasterKeyId": "alias/orders",
            "redrivePolicy": REDRIVE,
            "maxMessageSize": 1048576,
        },
        [
            ({"name": "orders"}, "name"),
            ({"name": "or ders.fifo"}, "name"),
            ({"fifoQueue": None}, "name"),
            ({"deduplicationScope": "queue"}, "deduplicationScope"),
            ({"sqsManagedSseEnabled": True}, "kmsMasterKeyId"),
            ({"maxMessageSize": 1048577}, "maxMessageSize"),
            ({"redrivePolicy": json.dumps({"maxReceiveCount": 5})}, "redrivePolicy"),
            ({"redrivePolicy": REDRIVE.replace(": 5", ": 0")}, "redrivePolicy"),
            ({"redrivePolicy": REDRIVE.replace(".fifo", "")}, "redrivePolicy"),
            ({"policy": document(RESOURCE, Principal=None)}, "policy"),
        ],
    ),
    "sns/topic:Topic": (
        {"name": "alerts"},
        [
            ({"name": "alerts.fifo"}, "name"),
            ({"contentBasedDeduplication": True}, "contentBasedDeduplication"),
            ({"name": "a b"}, "name"),
        ],
    ),
    "sns/topicSubscription:TopicSubscription": (
        {"topic": ARN.format("sns", "t"), "protocol": "email", "endpoint": "ops@example.com"},
        [
            ({"endpoint": "ops"}, "endpoint"),
            ({"protocol": "https"}, "endpoint"),
            ({"protocol": "sqs"}, "endpoint"),
            ({"rawMessageDelivery": True}, "rawMessageDelivery"),
            ({"protocol": "firehose", "endpoint": ARN.format("firehose", "f")}, "subscriptionRoleArn"),
        ],
    ),
    "cloudwatch/eventRule:EventRule": (
        {"eventBusName": "default", "scheduleExpression": "rate(5 minutes)"},
        [
            ({"scheduleExpression": "rate(1 minutes)"}, "scheduleExpression"),
            ({"scheduleExpression": "rate(0 minutes)"}, "scheduleExpression"),
            ({"scheduleExpression": "cron(0 5 * * *)"}, "scheduleExpression"),
            ({"scheduleExpression": "cron(0 5 * * * *)"}, "scheduleExpression"),
            ({"scheduleExpression": "cron(61 5 * * ? *)"}, "scheduleExpression"),
            ({"eventBusName": "orders"}, "scheduleExpression"),
            ({"eventPattern": json.dumps({"source": "orders"})}, "eventPattern"),
            ({"eventPattern": "{}"}, "eventPattern"),
        ],
    ),
    "cloudwatch/eventTarget:EventTarget": (
        {"rule": "r", "arn": ARN.format("sqs", "q"), "input": "{}"},
        [
            ({"inputPath": "$.detail"}, "input"),
            ({"arn": ARN.format("sqs", "q.fifo")}, "sqsTarget"),
            ({"ecsTarget": {"taskDefinitionArn": ARN.format("ecs", "task-definition/t")}}, "roleArn"),
        ],
    ),
    "scheduler/schedule:Schedule": (
        {
            "scheduleExpression": "at(2026-01-31T12:00:00)",
            "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 5},
        },
        [
            ({"scheduleExpression": "at(noon)"}, "scheduleExpression"),
            ({"flexibleTimeWindow": {"mode": "FLEXIBLE"}}, "flexibleTimeWindow.maximumWindowInMinutes"),
            (
                {"flexibleTimeWindow": {"mode": "OFF", "maximumWindowInMinutes": 5}},
                "flexibleTimeWindow.maximumWindowInMinutes",
            ),
        ],
    ),
    "kinesis/stream:Stream": (
        {"shardCount": 1},
        [
            ({"shardCount": None}, "shardCount"),
            ({"streamModeDetails": {"streamMode": "ON_DEMAND"}}, "shardCount"),
            ({"encryptionType": "KMS"}, "kmsKeyId"),
        ],
    ),
    "kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": (
        {"destination": "extended_s3", "extendedS3Configuration": {"bucketArn": "arn:aws:s3:::b"}},
        [({"extendedS3Configuration": None}, "extendedS3Configuration")],
    ),
    "pipes/pipe:Pipe": (
        {
            "source": ARN.format("kinesis", "stream/s"),
            "sourceParameters": {"kinesisStreamParameters": {"startingPosition": "LATEST"}},
        },
        [({"sourceParameters": None}, "sourceParameters")],
    ),
}
