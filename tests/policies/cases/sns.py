"""SNS: topics and subscriptions."""

from tests.policies.cases.helpers.customer_keys import key_cases
from tests.policies.cases.helpers.tls_policies import tls_cases
from tests.policies.support import CULPRIT, UNKNOWN, Cases, res


def subscription(**props):
    return res("sns/topicSubscription:TopicSubscription", CULPRIT, props)


def destination(endpoint):
    return res("cloudwatch/eventApiDestination:EventApiDestination", CULPRIT, {"invocationEndpoint": endpoint})


CASES = {
    "sns-subscription-https": Cases(
        good={
            "https": [subscription(protocol="https", endpoint="https://hooks.example.com")],
            "queue": [subscription(protocol="sqs", endpoint=UNKNOWN)],
            "destination": [destination("https://hooks.example.com")],
        },
        bad={
            "http": [subscription(protocol="http", endpoint="http://hooks.example.com")],
            "destination": [destination("http://hooks.example.com")],
        },
    ),
    "sns-topic-customer-key": key_cases("kmsMasterKeyId", "sns/topic:Topic", managed="sns"),
    "sns-topic-tls-only": tls_cases("sns/topic:Topic", "sns/topicPolicy:TopicPolicy", "arn"),
}
