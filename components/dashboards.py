"""Dashboards: the metrics of all alarms, tier by tier."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.naming import in_stack
from components.foundation import Foundation
from components.metric import Metric, Ratio, Watched

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
_COLUMNS = 24
_ALARMS_MAX = 100
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
_WIDGETS_MAX = 500
_METRICS_MAX = 2500
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html (DashboardName)
_NAME_MAX = 255


class Dashboards(StoreComponent):
    """A CloudWatch dashboard for each tier: the state of its alarms, then a row of graphs for each of its components.

    Metrics, thresholds and Regions come from the alarms of the components. Dashboards are global in the account, so
    names contain the stack. Each costs 3 USD a month
    (https://aws.amazon.com/cloudwatch/pricing/).
    """

    TYPE = "webstore:observability:Dashboards"

    def __init__(
        self,
        name: str,
        *,
        foundation: Foundation,
        boxes: Iterable[StoreComponent],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            boxes: Each box with alarms names its tier in `DASHBOARD`. Alarms that are made later are missing.

        Raises:
            ValueError: a box has alarms and no tier, or a tier has more widgets or metrics than CloudWatch accepts in a
                dashboard.
        """
        super().__init__(name, opts, foundation=foundation)
        for tier, members in _tiers(boxes).items():
            title = f"{foundation.environment.tags['application']} {foundation.environment.name}: {tier}"
            aws.cloudwatch.Dashboard(
                f"{name}-{tier}",
                dashboard_name=in_stack(f"{pulumi.get_project()}-{tier}", limit=_NAME_MAX),
                dashboard_body=pulumi.Output.json_dumps(_body(title, members, foundation.region)),
                opts=self._inside,
            )
        self._publish()


@dataclass(frozen=True, kw_only=True)
class _Widget:
    type: str
    width: int = _COLUMNS
    height: int
    properties: Mapping[str, Any]


def _tiers(boxes: Iterable[StoreComponent]) -> dict[str, list[StoreComponent]]:
    tiers: dict[str, list[StoreComponent]] = {}
    for box in boxes:
        if not any(component.watched for component in box.with_parts()):
            continue
        if box.DASHBOARD is None:
            raise ValueError(f"{type(box).__name__} must name its tier in DASHBOARD: it has alarms")
        tiers.setdefault(box.DASHBOARD, []).append(box)
    return tiers


def _body(title: str, boxes: Sequence[StoreComponent], home: str) -> dict[str, Any]:
    components = [component for box in boxes for component in box.with_parts() if component.watched]
    watched = [entry for component in components for entry in component.watched]
    widgets = [
        _text(f"# {title}\nMade by Pulumi from the alarms: changes made here are lost.", height=2),
        *_alarms(watched, home),
        *(widget for component in components for widget in _row(component, home)),
    ]
    metrics = sum(len(widget.properties.get("metrics", ())) for widget in widgets)
    if len(widgets) > _WIDGETS_MAX or metrics > _METRICS_MAX:
        raise ValueError(
            f"dashboard `{title}` must have at most {_WIDGETS_MAX} widgets with {_METRICS_MAX} metrics, and has"
            f" {len(widgets)} widgets with {metrics} metrics: give some of its boxes another `DASHBOARD`"
        )
    return {"widgets": list(_placed(widgets))}


def _placed(widgets: Sequence[_Widget]) -> Iterator[dict[str, Any]]:
    """From left to right, then in the next row."""
    x = y = row_height = 0
    for widget in widgets:
        if x + widget.width > _COLUMNS:
            x, y, row_height = 0, y + row_height, 0
        yield {
            "type": widget.type,
            "x": x,
            "y": y,
            "width": widget.width,
            "height": widget.height,
            "properties": widget.properties,
        }
        x, row_height = x + widget.width, max(row_height, widget.height)


def _text(markdown: str, *, height: int) -> _Widget:
    return _Widget(type="text", height=height, properties={"markdown": markdown})


def _alarms(watched: Sequence[Watched], home: str) -> Iterator[_Widget]:
    arns: dict[str, list[pulumi.Input[str]]] = {}
    for entry in watched:
        arns.setdefault(entry.region or home, []).append(entry.alarm_arn)
    for region, all_of_region in arns.items():
        for start in range(0, len(all_of_region), _ALARMS_MAX):
            some = all_of_region[start : start + _ALARMS_MAX]
            yield _Widget(
                type="alarm",
                height=2 + len(some) // 6,
                # Latest changes first.
                properties={"title": f"Alarms in {region}", "alarms": some, "sortBy": "stateUpdatedTimestamp"},
            )


def _row(component: StoreComponent, home: str) -> Iterator[_Widget]:
    page = component.watched[0].runbook.partition("#")[0]
    link = f"[runbook]({page})" if page.startswith("https:") else page
    yield _text(f"## {component.pulumi_resource_name} ({type(component).__name__}, {link})", height=1)
    # Metrics that differ in dimensions only, such as those of a cache's nodes, share a graph.
    graphs: dict[tuple[Any, ...], list[Watched]] = {}
    for entry in component.watched:
        metric = entry.metric.part if isinstance(entry.metric, Ratio) else entry.metric
        key = (entry.region or home, metric.namespace, metric.name, metric.statistic, metric.period_seconds)
        graphs.setdefault((*key, entry.when, entry.threshold, type(entry.metric)), []).append(entry)
    for (region, _, name, statistic, period, when, threshold, _), entries in graphs.items():
        yield _Widget(
            type="metric",
            width=8,
            height=6,
            properties={
                "title": f"{name}, {'%' if isinstance(entries[0].metric, Ratio) else statistic}",
                "region": region,
                "view": "timeSeries",
                "stat": statistic,
                "period": period,
                "metrics": [line for number, entry in enumerate(entries) for line in _lines(entry.metric, number)],
                "annotations": {
                    "horizontal": [
                        {
                            "label": f"alarm {when.replace('_', ' ')}",
                            "value": threshold,
                            "fill": "above" if when in ("above", "at_least") else "below",
                        }
                    ]
                },
                "yAxis": {"left": {"min": 0}},
            },
        )


def _lines(metric: Metric | Ratio, number: int) -> Iterator[list[Any]]:
    if isinstance(metric, Metric):
        yield _line(metric)
        return
    part, whole = f"part{number}", f"whole{number}"
    yield [{"expression": f"100 * {part} / {whole}", "id": f"percent{number}", "label": metric.part.name}]
    yield [*_line(metric.part), {"id": part, "visible": False}]
    yield [*_line(metric.whole), {"id": whole, "visible": False}]


def _line(metric: Metric) -> list[Any]:
    return [metric.namespace, metric.name, *(word for pair in metric.dimensions.items() for word in pair)]
