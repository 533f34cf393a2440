"""CloudWatch metrics, and records of alarms on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi

When = Literal["above", "at_least", "below", "at_most"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A CloudWatch metric with statistic and period."""

    namespace: str
    """Such as `AWS/ApplicationELB`."""
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str
    """`Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p99`."""
    period_seconds: int = 60
    """10, 20, 30 or a multiple of 60."""


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One metric as a percentage of another, over the period of `part`; no data while the other is zero."""

    part: Metric
    whole: Metric


@dataclass(frozen=True, kw_only=True)
class Watched:
    """An alarm and its metric, for dashboards."""

    metric: Metric | Ratio
    threshold: pulumi.Input[float]
    when: When
    region: str | None
    alarm_arn: pulumi.Output[str]
    runbook: str

    @property
    def title(self) -> str:
        """Name of the metric, which is the heading of its section in the runbook."""
        return part_of(self.metric).name


def part_of(metric: Metric | Ratio) -> Metric:
    """The metric, or the part of a ratio."""
    return metric.part if isinstance(metric, Ratio) else metric
