"""AWS Budgets: notifications."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, read


@rule(
    "budgets-budget-notifies",
    control="TAG-05",
    pack="guardrails",
    title="Budgets notify subscribers",
    why="otherwise the cost of a loop or a break-in is first seen on the bill, a month late",
    fix="add a notification with subscribers to the budget",
    severity="low",
    dev="advisory",
    kinds=("budgets/budget",),
    paths=("notifications",),
    url="https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html",
    limits="A missing budget is not reported: often another stack has one for the whole account.",
)
def budget(subject: Subject) -> Iterator[Problem]:
    if subject.value("notifications") is UNKNOWN:
        return
    subscribers = ("subscriberEmailAddresses", "subscriberSnsTopicArns", "subscribers")
    notified = any(
        read(block, name) not in (MISSING, []) for _, block in subject.blocks("notifications") for name in subscribers
    )
    if not notified and not subject.deferred:
        yield subject.problem("notifications", "must have a notification with subscribers")
