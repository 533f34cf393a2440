"""AWS Budgets: notifications."""

from tests.policies.support import CULPRIT, UNKNOWN, Cases, res


def budget(*notifications):
    return res("budgets/budget:Budget", CULPRIT, {"notifications": list(notifications)})


CASES = {
    "budgets-budget-notifies": Cases(
        good={
            "by mail": [budget({"threshold": 80, "subscriberEmailAddresses": ["ops@example.com"]})],
            "by topic": [budget({"threshold": 80}, {"threshold": 100, "subscriberSnsTopicArns": [UNKNOWN]})],
            "known later": [res("budgets/budget:Budget", CULPRIT, {"notifications": UNKNOWN})],
        },
        bad={"no subscribers": [budget()], "to nobody": [budget({"threshold": 80})]},
    ),
}
