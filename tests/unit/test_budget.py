"""Budget: what it counts, and who is told."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from components.budget import Budget
from settings.budget import BudgetSettings
from tests.foundation import EDGE_TOPIC, foundation
from tests.mocks import Recorder, record

MONITOR = "arn:aws:ce::111111111111:anomalymonitor/0123abcd-4567-89ef-0123-456789abcdef"


def settings(**sections: Any) -> BudgetSettings:
    return BudgetSettings.model_validate_json(json.dumps(sections))


def made(stack: str = "prod", **sections: Any) -> Recorder:
    return record(
        lambda: Budget("budget", settings=settings(**sections), foundation=foundation(name="prod")), stack=stack
    )


def test_a_budget_counts_what_has_both_tags_of_the_environment() -> None:
    budget = made(monthly_usd=900).inputs("budgets/budget:Budget")
    assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == ("900", "USD", "MONTHLY")
    assert budget["filterExpression"] == {
        "ands": [
            {"tags": {"key": "application", "values": ["web-store"]}},
            {"tags": {"key": "environment", "values": ["prod"]}},
        ]
    }
    assert budget["metrics"] == "UnblendedCost", "without it AWS counts nothing under such a filter"


def test_the_topic_and_the_addresses_are_told_of_shares_spent_and_foreseen() -> None:
    found = made(monthly_usd=900, emails=["finance@example.com"], spent_percents=[100, 50, 50])
    notifications = found.inputs("budgets/budget:Budget")["notifications"]
    assert [(each["notificationType"], each["threshold"]) for each in notifications] == [
        ("ACTUAL", 50),
        ("ACTUAL", 100),
        ("FORECASTED", 100),
    ]
    assert all(each["subscriberSnsTopicArns"] == [EDGE_TOPIC] for each in notifications)
    assert all(each["subscriberEmailAddresses"] == ["finance@example.com"] for each in notifications)


def test_without_addresses_the_topic_alone_is_told() -> None:
    notifications = made(monthly_usd=900).inputs("budgets/budget:Budget")["notifications"]
    assert all("subscriberEmailAddresses" not in each for each in notifications)


def test_stacks_of_one_account_have_budgets_of_different_names() -> None:
    names = {made(stack, monthly_usd=9).inputs("budgets/budget:Budget")["name"] for stack in ("prod", "prod-us")}
    assert names == {"web-store-monthly-prod", "web-store-monthly-prod-us"}


def test_without_an_amount_there_is_no_budget() -> None:
    assert [resource.type for resource in made().resources] == ["webstore:cost:Budget"]


def test_anomalies_of_the_environments_tag_are_told_at_once_from_an_impact_on() -> None:
    recorder = made(anomalies={"impact_usd": 250})
    tags = json.loads(recorder.inputs(":AnomalyMonitor")["monitorSpecification"])["Tags"]
    assert tags == {"Key": "environment", "MatchOptions": None, "Values": ["prod"]}
    subscription = recorder.inputs(":AnomalySubscription")
    assert subscription["frequency"] == "IMMEDIATE"
    assert subscription["subscribers"] == [{"type": "SNS", "address": EDGE_TOPIC}]
    assert subscription["thresholdExpression"]["dimension"]["values"] == ["250"]


def test_a_monitor_that_the_account_has_is_used() -> None:
    recorder = made(anomalies={"monitor_arn": MONITOR})
    assert not recorder.of(":AnomalyMonitor")
    assert recorder.inputs(":AnomalySubscription")["monitorArnLists"] == [MONITOR]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"spent_percents": [10, 20, 30, 40, 50]}, "must have at most 5 notifications, not 6"),
        ({"monthly_usd": 0}, "greater than or equal to 1"),
        ({"emails": ["nobody"]}, "must be an e-mail address"),
    ],
)
def test_what_aws_would_refuse_is_refused_before(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        settings(**wrong)
