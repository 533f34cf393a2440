"""SQS: queues."""

import json

from tests.policies.cases.helpers.tls_policies import DENY, tls_cases
from tests.policies.support import CULPRIT, KEY, UNKNOWN, Cases, policy, res

_QUEUE = res("sqs/queue:Queue", CULPRIT, {"visibilityTimeoutSeconds": 180})
_SHORT = res("sqs/queue:Queue", CULPRIT)


def named_function(called="worker", **props):
    return res("lambda/function:Function", called, props)


def consumer(queue, **props):
    worker = named_function(**props)
    mapping = res(
        "lambda/eventSourceMapping:EventSourceMapping",
        "mapping",
        {"eventSourceArn": UNKNOWN, "functionName": UNKNOWN},
        refers={"eventSourceArn": [queue], "functionName": [worker]},
    )
    return [queue, worker, mapping]


_INLINE = {"policy": policy(DENY)}
_QUEUES = tls_cases("sqs/queue:Queue", "sqs/queuePolicy:QueuePolicy", "queueUrl")
_ARN = "arn:aws:sqs:eu-west-1:111111111111:orders-failed"


def queue(name=CULPRIT, refers=None, **props):
    return res("sqs/queue:Queue", name, props, refers=refers or {})


def redrive(count=5, arn=_ARN):
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": count})


_FAILED = queue("failed", arn=_ARN)
_FAILED_FIFO = queue("failed", arn=_ARN, fifoQueue=True)

CASES = {
    "sqs-queue-dead-letters": Cases(
        good={
            "by text": [_FAILED, queue(redrivePolicy=redrive())],
            "not known": [queue(redrivePolicy=UNKNOWN)],
            "standalone": [
                queue(),
                res(
                    "sqs/redrivePolicy:RedrivePolicy",
                    "policy",
                    {"queueUrl": UNKNOWN, "redrivePolicy": redrive()},
                    refers={"queueUrl": [queue()]},
                ),
            ],
            "takes dead letters, by name": [queue("orders-dlq")],
            "takes dead letters, by reference": [
                queue("orders", redrivePolicy=UNKNOWN, refers={"redrivePolicy": [queue()]}),
                queue(),
            ],
            "takes dead letters of a function": [
                queue(),
                res(
                    "lambda/function:Function",
                    "orders",
                    {"deadLetterConfig": {"targetArn": UNKNOWN}},
                    refers={"deadLetterConfig": [queue()]},
                ),
            ],
        },
        bad={
            "none": [queue()],
            "for ever": [queue(redrivePolicy=redrive(1000))],
            "another kind": [
                _FAILED,
                queue(fifoQueue=True, redrivePolicy=UNKNOWN, refers={"redrivePolicy": [_FAILED]}),
            ],
            "FIFO for a standard one": [
                _FAILED_FIFO,
                queue(redrivePolicy=UNKNOWN, refers={"redrivePolicy": [_FAILED_FIFO]}),
            ],
        },
        config=[
            ({"receives": 3}, [queue(redrivePolicy=redrive())], True),
            ({"dead_letter_names": ["*failed*"]}, [queue("failed")], False),
        ],
    ),
    "sqs-queue-encryption": Cases(
        good={
            "customer managed key": [queue(kmsMasterKeyId=KEY)],
            "managed by default": [queue()],
            "order queue with a key": [queue("orders", kmsMasterKeyId=UNKNOWN)],
        },
        bad={
            "managed encryption off": [queue(sqsManagedSseEnabled=False)],
            "order queue without key": [res("sqs/queue:Queue", CULPRIT, {"name": "new-orders.fifo"})],
            "order queue with an AWS managed key": [
                res("sqs/queue:Queue", CULPRIT, {"name": "orders", "kmsMasterKeyId": "alias/aws/sqs"})
            ],
        },
        config=[({"customer_key_names": ["*"]}, [queue()], True)],
    ),
    "sqs-queue-tls-only": Cases(
        good={**_QUEUES.good, "inline": [res("sqs/queue:Queue", CULPRIT, _INLINE)]}, bad={**_QUEUES.bad}
    ),
    "sqs-queue-visibility-timeout": Cases(
        good={
            "six times": consumer(_QUEUE, timeout=30),
            "default timeout": consumer(res("sqs/queue:Queue", CULPRIT, {"visibilityTimeoutSeconds": 18})),
            "defaults": consumer(_SHORT),
            "no function": [_SHORT],
            "known later": consumer(_QUEUE, timeout=UNKNOWN),
        },
        bad={
            "too short": consumer(_QUEUE, timeout=60),
            "default": consumer(_SHORT, timeout=15),
        },
    ),
}
