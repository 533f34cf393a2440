"""AWS Budgets: notifications."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, read


@rule(
    "budgets-budget-notifies",
    control="TAG-05",
    pack="guardrails",
    title="Budgets tell somebody when costs run away",
    why="a loop or a break-in is seen on the bill otherwise, a month late",
    fix="give the budget a notification with subscribers",
    severity="low",
    dev="advisory",
    kinds=("budgets/budget",),
    paths=("notifications",),
    url="https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html",
    limits="That a budget exists is not asked for: it is often another stack's, for the whole account.",
)
def budget(subject: Subject) -> Iterator[Problem]:
    if subject.value("notifications") is UNKNOWN:
        return
    listeners = ("subscriberEmailAddresses", "subscriberSnsTopicArns", "subscribers")
    heard = any(
        read(block, name) not in (MISSING, []) for _, block in subject.blocks("notifications") for name in listeners
    )
    if not heard and not subject.deferred:
        yield subject.problem("notifications", "nobody is told")
