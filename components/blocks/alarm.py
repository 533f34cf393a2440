"""CloudWatch alarms whose description holds meaning, first step and runbook."""

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
    """Datapoints to alarm: `breaching` of the last `evaluated` periods."""

    breaching: int
    evaluated: int

    def __post_init__(self) -> None:
        if not 1 <= self.breaching <= self.evaluated:
            raise ValueError(f"breaching must be 1 to evaluated, and is {self.breaching} of {self.evaluated} periods")


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
    missing_data: Literal["notBreaching", "ignore"] = "notBreaching",
    heartbeat: bool = False,
    region: str | None = None,
) -> aws.cloudwatch.MetricAlarm:
    """An alarm that notifies the alarm topic of its Region of changes to the states ALARM and OK.

    Its description ends with a link to one runbook: by default the page of its component's class (`fargate-service.md`
    for `FargateService`), at the heading of the metric.

    Args:
        threshold: In the metric's unit; in percent for a `Ratio`.
        meaning: Effect on customers or operators while the alarm is on, in sentences.
        todo: First step: an imperative that begins in lower case and ends with a full stop.
        opts: `self._inside` of the component that makes the alarm.
        runbook: Page of `docs/runbooks` for alarms of several components with one procedure (`orders-redrive`), or
            `page#heading` where the metric depends on the settings.
        when: Side of the threshold that breaches.
        periods: By default three of the last five periods.
        missing_data: How periods without data count.
        heartbeat: The metric must not fall silent: the alarm also notifies when it ends (INSUFFICIENT_DATA). Not by
            missing data that breach: then every new alarm would go off until its metric has begun, while a new alarm is
            in INSUFFICIENT_DATA already, and notifies of changes only
            (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).
        region: Region of the metric if not the home Region (CloudFront and its web ACL report to us-east-1).

    Raises:
        TypeError: the alarm's parent is no component.
        ValueError: the description is longer than CloudWatch accepts.
    """
    component = opts.parent
    if not isinstance(component, StoreComponent):
        raise TypeError(f"alarm {name}: its parent must be the component that makes it; give `opts=self._inside`")
    page = _page(component, runbook, part_of(metric))
    description = f"{meaning} What to do: {todo} Runbook: {page}"
    if len(description) > _DESCRIPTION_MAX:
        raise ValueError(
            f"alarm {name}: the description must have at most {_DESCRIPTION_MAX} characters, and has"
            f" {len(description)}; shorten `meaning` or `todo`"
        )
    topic_arn = component.foundation.topic_arn(region)
    args = aws.cloudwatch.MetricAlarmArgs(
        alarm_description=description,
        comparison_operator=_OPERATORS[when],
        threshold=threshold,
        evaluation_periods=periods.evaluated,
        datapoints_to_alarm=periods.breaching,
        treat_missing_data="missing" if heartbeat else missing_data,
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        insufficient_data_actions=[topic_arn] if heartbeat else None,
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
        name, separator, heading = runbook.partition("#")
        return f"{folder}/{name}.md{separator}{heading}"
    page = re.sub(r"(?<!^)(?=[A-Z])", "-", type(component).__name__).lower()
    # GitHub's anchors of headings are in lower case, without dots.
    return f"{folder}/{page}.md#{metric.name.lower().replace('.', '')}"


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
