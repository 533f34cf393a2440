"""Where a queue is named as the destination of failed events and messages."""

_QUEUE = "sqs/queue"
_FUNCTION = "lambda/function"
DEAD_LETTERS = (
    (_QUEUE, "redrivePolicy"),
    ("sqs/redrivePolicy", "redrivePolicy"),
    ("sns/topicSubscription", "redrivePolicy"),
    (_FUNCTION, "deadLetterConfig.targetArn"),
    ("lambda/functionEventInvokeConfig", "destinationConfig.onFailure.destination"),
    ("lambda/eventSourceMapping", "destinationConfig.onFailure.destinationArn"),
    ("cloudwatch/eventBus", "deadLetterConfig.arn"),
    ("cloudwatch/eventTarget", "deadLetterConfig.arn"),
    ("scheduler/schedule", "target.deadLetterConfig.arn"),
    ("pipes/pipe", "sourceParameters.dynamodbStreamParameters.deadLetterConfig.arn"),
    ("pipes/pipe", "sourceParameters.kinesisStreamParameters.deadLetterConfig.arn"),
)
"""Properties that name a dead-letter queue or the destination of failed events."""
