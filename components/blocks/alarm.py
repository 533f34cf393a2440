"""CloudWatch alarms that say what they mean, what to do, and where to read more."""

import re
from dataclasses import dataclass, replace
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.metric import Metric, Ratio, Watched, When, part_of

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (AlarmDescription)
_DESCRIPTION_MAX = 1024


@dataclass(frozen=True, kw_only=True)
class Periods:
    """How long a limit must be passed: `breaching` of the last `evaluated` periods."""

    breaching: int
    evaluated: int

    def __post_init__(self) -> None:
        if not 1 <= self.breaching <= self.evaluated:
            raise ValueError(f"{self.breaching} of {self.evaluated} periods: breaching goes from 1 to evaluated")


_LASTING = Periods(breaching=3, evaluated=5)


def alarm(
    name: str,
    *,
    metric: Metric | Ratio,
    threshold: pulumi.Input[float],
    meaning: str,
    todo: str,
    opts: pulumi.ResourceOptions,
    runbook: str | None = None,
    when: When = "above",
    periods: Periods = _LASTING,
    missing_data: Literal["notBreaching", "breaching", "ignore", "missing"] = "notBreaching",
    region: str | None = None,
) -> aws.cloudwatch.MetricAlarm:
    """An alarm that notifies the alarm topic of its Region when it goes off and when it is over.

    Its description ends with the link to one runbook: by default the page of the kind of component that makes it
    (`fargate-service.md` for `FargateService`), at the heading of the metric.

    Args:
        name: Logical name.
        metric: What is watched; for a `Ratio` the threshold is in percent.
        threshold: Limit, in the metric's unit.
        meaning: What customers or operators notice while the alarm is on.
        todo: The first thing to do about it: an imperative that begins in lower case and ends with a full stop.
        opts: Options of the child, `self._inside` of the component that makes the alarm.
        runbook: Page of `docs/runbooks` for alarms of several components that are handled alike (`orders-redrive`).
        when: Side of the threshold that is bad.
        periods: How long it must last; by default three of the last five periods.
        missing_data: What silence means: fine by default; `breaching` for heartbeats.
        region: Region of the metric if not the home Region (CloudFront and its web ACL report to us-east-1).

    Raises:
        TypeError: the alarm has no component as its parent.
        ValueError: the description made of `meaning`, `todo` and runbook is longer than AWS takes.
    """
    component = opts.parent
    if not isinstance(component, StoreComponent):
        raise TypeError(f"alarm {name}: its parent must be the component that makes it, whose runbook it names")
    page = _page(component, runbook, part_of(metric))
    description = f"{meaning} What to do: {todo} Runbook: {page}"
    if len(description) > _DESCRIPTION_MAX:
        raise ValueError(f"alarm {name}: a description of {len(description)} characters, AWS takes {_DESCRIPTION_MAX}")
    topic_arn = component.foundation.topic_arn(region)
    args = aws.cloudwatch.MetricAlarmArgs(
        alarm_description=description,
        comparison_operator=_OPERATORS[when],
        threshold=threshold,
        evaluation_periods=periods.evaluated,
        datapoints_to_alarm=periods.breaching,
        treat_missing_data=missing_data,
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        region=region,
    )
    if isinstance(metric, Ratio):
        args.metric_queries = _ratio_queries(metric)
    else:
        args.namespace = metric.namespace
        args.metric_name = metric.name
        args.dimensions = dict(metric.dimensions)
        args.period = metric.period_seconds
        if metric.statistic.startswith("p"):
            args.extended_statistic = metric.statistic
        else:
            args.statistic = metric.statistic
    made = aws.cloudwatch.MetricAlarm(name, args, opts=opts)
    component.watched.append(
        Watched(metric=metric, threshold=threshold, when=when, region=region, alarm_arn=made.arn, runbook=page)
    )
    return made


def _page(component: StoreComponent, runbook: str | None, metric: Metric) -> str:
    folder = component.foundation.runbooks
    if runbook is not None:
        return f"{folder}/{runbook}.md"
    page = re.sub(r"(?<!^)(?=[A-Z])", "-", type(component).__name__).lower()
    # Headings become anchors in lower case.
    return f"{folder}/{page}.md#{metric.name.lower()}"


_OPERATORS = {
    "above": "GreaterThanThreshold",
    "at_least": "GreaterThanOrEqualToThreshold",
    "below": "LessThanThreshold",
    "at_most": "LessThanOrEqualToThreshold",
}


def _ratio_queries(ratio: Ratio) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgs]:
    whole = replace(ratio.whole, period_seconds=ratio.part.period_seconds)
    return [
        aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id="percent", expression="100 * part / whole", label="Percent", return_data=True
        ),
        *(
            aws.cloudwatch.MetricAlarmMetricQueryArgs(
                id=query_id,
                metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                    namespace=metric.namespace,
                    metric_name=metric.name,
                    dimensions=dict(metric.dimensions),
                    period=metric.period_seconds,
                    stat=metric.statistic,
                ),
            )
            for query_id, metric in (("part", ratio.part), ("whole", whole))
        ),
    ]
