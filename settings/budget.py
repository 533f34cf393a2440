"""Section `budget`: what the environment may cost, and who is told when it is about to cost more."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from settings.base import Section
from settings.observability import EmailAddress
from settings.problems import refuse

# https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateBudget.html
_NOTIFICATIONS_MAX = 5

Percentage = Annotated[int, Field(ge=1, le=1_000)]
MonitorArn = Annotated[
    str,
    Field(
        pattern=r"^arn:aws[a-z-]*:ce::\d{12}:anomalymonitor/[0-9a-f-]+$",
        examples=["arn:aws:ce::111111111111:anomalymonitor/0123abcd-4567-89ef-0123-456789abcdef"],
    ),
]


class AnomalySettings(Section):
    """Costs that are unlike those of the weeks before, told within a day."""

    impact_usd: int = Field(default=100, ge=1)
    """Excess of an anomaly, in US dollars, from which on it is told."""

    monitor_arn: MonitorArn | None = None
    """A monitor that the account has, such as AWS's `Default-Services-Monitor`: it sees the whole account. Null: one is
    made for the environment's tag, which only the account that pays for itself may do: a management account, or one
    outside an organization (https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html)."""


class BudgetSettings(Section):
    """A monthly budget of the environment. It counts what carries the tags `application` and `environment`.

    Both must be active as cost allocation tags in the account that pays, else it counts nothing
    (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html). What cannot be tagged (some
    data transfer, support, tax) is not in it.
    """

    monthly_usd: Annotated[int, Field(ge=1)] | None = None
    """US dollars a month; null: no budget."""

    spent_percents: tuple[Percentage, ...] = (80, 100)
    """Shares of the budget at which the costs so far are told."""

    forecast_percents: tuple[Percentage, ...] = (100,)
    """Shares at which the costs that AWS foresees for the whole month are told; it needs five weeks of costs first."""

    emails: Annotated[tuple[EmailAddress, ...], Field(max_length=10)] = ()
    """Addresses that are told, besides all who hear of alarms (`observability.alarm_emails`)."""

    anomalies: AnomalySettings | None = None
    """Null: anomalies are not told."""

    @model_validator(mode="after")
    def _notifications(self) -> Self:
        count = len({*self.spent_percents}) + len({*self.forecast_percents})
        if count > _NOTIFICATIONS_MAX:
            raise refuse(
                f"spent_percents and forecast_percents make {count} notifications, a budget has {_NOTIFICATIONS_MAX}"
                " at most",
                fix="spent_percents: [80, 100]\nforecast_percents: [100]",
            )
        return self
