"""Where a queue is named as the target of what fails."""

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
"""Properties that name the queue which takes what fails."""
