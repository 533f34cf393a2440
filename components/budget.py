"""Budget: notifications when the environment costs more than planned."""

import json

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.naming import in_stack
from components.foundation import Foundation
from settings.budget import AnomalySettings, BudgetSettings

# https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html
_NAME_MAX = 100


class Budget(StoreComponent):
    """Monthly cost budget of the environment, and on request notifications of cost anomalies.

    Budgets belong to the account, so names contain the stack. Two budgets an account are free, and so are anomalies
    (https://aws.amazon.com/aws-cost-management/aws-budgets/pricing/).
    """

    TYPE = "webstore:cost:Budget"

    def __init__(
        self, name: str, *, settings: BudgetSettings, foundation: Foundation, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts, foundation=foundation)
        if settings.monthly_usd is not None:
            self._limit(settings, settings.monthly_usd)
        if settings.anomalies:
            self._notify_anomalies(settings.anomalies)
        self._publish()

    def _limit(self, settings: BudgetSettings, monthly_usd: int) -> None:
        tags = {key: self.foundation.environment.tags[key] for key in ("application", "environment")}
        aws.budgets.Budget(
            self._name,
            name=in_stack(f"{pulumi.get_project()}-monthly", limit=_NAME_MAX),
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(monthly_usd),
            limit_unit="USD",
            metrics="UnblendedCost",
            filter_expression={"ands": [{"tags": {"key": key, "values": [value]}} for key, value in tags.items()]},
            notifications=[
                aws.budgets.BudgetNotificationArgs(
                    comparison_operator="GREATER_THAN",
                    notification_type=kind,
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    subscriber_email_addresses=list(settings.emails) or None,
                    subscriber_sns_topic_arns=[self.foundation.edge_alarm_topic_arn],
                )
                for kind, percents in (("ACTUAL", settings.spent_percents), ("FORECASTED", settings.forecast_percents))
                for percent in sorted(set(percents))
            ],
            opts=self._inside,
        )

    def _notify_anomalies(self, settings: AnomalySettings) -> None:
        aws.costexplorer.AnomalySubscription(
            self._name,
            name=in_stack(f"{pulumi.get_project()}-anomalies", limit=_NAME_MAX),
            # IMMEDIATE is for SNS topics; email addresses get daily or weekly summaries.
            frequency="IMMEDIATE",
            subscribers=[{"type": "SNS", "address": self.foundation.edge_alarm_topic_arn}],
            monitor_arn_lists=[settings.monitor_arn or self._monitor()],
            threshold_expression={
                "dimension": {
                    "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                    "match_options": ["GREATER_THAN_OR_EQUAL"],
                    "values": [str(settings.impact_usd)],
                }
            },
            opts=self._inside,
        )

    def _monitor(self) -> pulumi.Output[str]:
        tag = {"Key": "environment", "MatchOptions": None, "Values": [self.foundation.environment.name]}
        # With nulls, as AWS returns it: the provider compares the two texts.
        nothing = dict.fromkeys(("And", "CostCategories", "Dimensions", "Not", "Or"))
        return aws.costexplorer.AnomalyMonitor(
            self._name,
            name=in_stack(f"{pulumi.get_project()}-costs", limit=_NAME_MAX),
            monitor_type="CUSTOM",
            monitor_specification=json.dumps({**nothing, "Tags": tag}),
            opts=self._inside,
        ).arn
