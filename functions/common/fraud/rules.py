"""Rules of section `fraud` of the settings, which has their meaning and limits, as a service finds them."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from functions.common.fraud.contract import Attempt, Reason, Subject
from functions.common.model import Model


class Velocity(Model):
    kind: Literal["velocity"]
    of: Subject
    counted: Literal["payments", "declines"]
    limit: int
    minutes: int
    weight: int

    @property
    def seconds(self) -> int:
        return 60 * self.minutes


class HighAmount(Model):
    kind: Literal["amount"]
    above_minor: int
    first_order_only: bool
    weight: int


class CountryMismatch(Model):
    kind: Literal["countries"]
    weight: int


Rule = Annotated[Velocity | HighAmount | CountryMismatch, Field(discriminator="kind")]


def fired(rules: Mapping[str, Rule], attempt: Attempt, counts: Mapping[str, int]) -> Iterator[Reason]:
    """
    Args:
        counts: Name of a velocity rule to its count, for those whose subject is known.
    """
    for name, rule in rules.items():
        if isinstance(rule, Velocity):
            if counts.get(name, 0) > rule.limit:
                yield Reason(rule=name, points=rule.weight, found=counts[name], limit=rule.limit)
        elif isinstance(rule, HighAmount):
            concerned = attempt.first_order is True or not rule.first_order_only
            if concerned and attempt.amount_minor > rule.above_minor:
                yield Reason(rule=name, points=rule.weight, found=attempt.amount_minor, limit=rule.above_minor)
        elif len(set(attempt.countries)) > 1:
            yield Reason(rule=name, points=rule.weight)
