"""Section `personalization`: what customers are shown who agreed to a profile, by Amazon Personalize."""

from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section
from settings.types import LogRetentionDays


class Recommender(Section):
    """A recommender of Amazon Personalize: what it makes of events is billed by the hour, whatever is asked of it
    (https://aws.amazon.com/personalize/pricing/), and trained anew every seven days."""

    # https://docs.aws.amazon.com/personalize/latest/dg/API_RecommenderConfig.html
    min_requests_per_second: int = Field(default=1, ge=1, le=500)
    """Requests for which it is always ready, and billed; more are served as it grows."""


class Personalize(Section):
    """A domain dataset group of Amazon Personalize: events of customers who agreed to profiling, under pseudonyms."""

    kind: Literal["personalize"]

    recommender: Recommender | None = None
    """The recommender of the use case "recommended for you". Without it events are collected, and customers see best
    sellers: that is how an environment begins, because AWS makes a recommender from 1,000 events of 25 customers on,
    views and purchases among them
    (https://docs.aws.amazon.com/personalize/latest/dg/ECOMMERCE-use-cases.html)."""

    alarm_failures: int = Field(default=50, ge=1, le=1_000_000)
    """Calls of Personalize that fail within 15 minutes, above which an alarm goes off."""

    forget_days: int = Field(default=7, ge=2, le=30)
    """Alarm when Personalize has not forgotten a customer within these days. It takes a day, and is asked daily."""

    log_days: LogRetentionDays = 365
    """Days for which the log of the function that has customers forgotten is kept."""


class NoPersonalization(Section):
    """Customers see best sellers. The dataset group goes with what it has learned: switched on again it is empty."""

    kind: Literal["off"]


class PersonalizationSettings(Section):
    engine: Annotated[Personalize | NoPersonalization, Field(discriminator="kind")] = Personalize(kind="personalize")
    """What recommends; `{kind: "off"}` shows everybody best sellers."""
