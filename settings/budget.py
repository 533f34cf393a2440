"""Section `budget`: what the environment may cost, and who is notified when it costs more."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import form
from settings.observability import EmailAddress
from settings.problems import Refusal, refuse

# https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateBudget.html
_NOTIFICATIONS_MAX = 5

Percentage = Annotated[int, Field(ge=1, le=1_000)]
MonitorArn = Annotated[
    str,
    form(
        r"^arn:aws[a-z-]*:ce::\d{12}:anomalymonitor/[0-9a-f-]+$",
        "the ARN of a monitor of Cost Anomaly Detection",
        "arn:aws:ce::111111111111:anomalymonitor/0123abcd-4567-89ef-0123-456789abcdef",
    ),
]


class AnomalySettings(Section):
    """Notifications within a day of costs unlike those of the weeks before."""

    impact_usd: int = Field(default=100, ge=1)
    """Smallest anomaly that is notified, in US dollars above the expected costs."""

    monitor_arn: MonitorArn | None = None
    """An existing monitor, such as AWS's `Default-Services-Monitor`, which sees the whole account. Null: one is made
    for the environment's tag. Only a management account, or an account outside an organization, may do that
    (https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html)."""


class BudgetSettings(Section):
    """A monthly budget of the environment. It counts what carries the tags `application` and `environment`.

    Both must be active as cost allocation tags in the account that pays, else it counts nothing
    (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html). What cannot be tagged (some
    data transfer, support, tax) is not in it.
    """

    monthly_usd: Annotated[int, Field(ge=1)] | None = None
    """US dollars a month; null: no budget."""

    spent_percents: tuple[Percentage, ...] = (80, 100)
    """Percentages of the budget at which actual costs are notified."""

    forecast_percents: tuple[Percentage, ...] = (100,)
    """Percentages at which forecast costs of the month are notified; AWS forecasts after five weeks of costs."""

    emails: Annotated[tuple[EmailAddress, ...], Field(max_length=10)] = ()
    """Addresses that are notified, in addition to the receivers of alarms (`observability.alarm_emails`)."""

    anomalies: AnomalySettings | None = None
    """Null: no notifications of anomalies."""

    @section_rule
    def _notifications(self) -> Iterator[Refusal]:
        count = len({*self.spent_percents}) + len({*self.forecast_percents})
        if count > _NOTIFICATIONS_MAX:
            yield refuse(
                f"must have at most {_NOTIFICATIONS_MAX} notifications, not {count}: one for each entry of"
                " `spent_percents` and `forecast_percents`",
                edits={("spent_percents",): [80, 100], ("forecast_percents",): [100]},
            )
