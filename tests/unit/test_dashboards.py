"""Dashboards: everything that has an alarm is drawn, in its Region, with its limit."""

import json
from functools import cache
from typing import Any

import pulumi
import pytest

from components.base import StoreComponent
from components.blocks.alarm import alarm
from components.dashboards import Dashboards
from components.foundation import Foundation
from components.metric import Metric, Ratio
from tests.foundation import foundation
from tests.mocks import Recorder, record
from tests.program_under_mocks import store


def metric(name: str = "Load", node: str = "1", **more: Any) -> Metric:
    return Metric(namespace="Shop", name=name, dimensions={"Node": node}, statistic="Average", **more)


class Till(StoreComponent):
    """Watches what it is given."""

    TYPE = "webstore:test:Till"
    DASHBOARD = "shop"

    def __init__(self, *watched: dict[str, Any], foundation: Foundation) -> None:
        super().__init__("till", foundation=foundation)
        for number, options in enumerate(watched):
            alarm(f"till-{number}", meaning="-", todo="-", opts=self._inside, **options)


def drawn(*watched: dict[str, Any], runbooks: str = "docs/runbooks") -> list[dict[str, Any]]:
    def program() -> None:
        base = foundation(runbooks=runbooks)
        Dashboards("dashboards", boxes=[Till(*watched, foundation=base)], foundation=base)

    return json.loads(record(program).inputs(":Dashboard")["dashboardBody"])["widgets"]


def graphs(widgets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [widget["properties"] for widget in widgets if widget["type"] == "metric"]


def test_what_differs_in_its_dimensions_alone_shares_a_graph_with_its_limit() -> None:
    (graph,) = graphs(drawn(*({"metric": metric(node=node), "threshold": 80} for node in "12")))
    assert graph["metrics"] == [["Shop", "Load", "Node", "1"], ["Shop", "Load", "Node", "2"]]
    assert (graph["stat"], graph["period"], graph["region"]) == ("Average", 60, "eu-west-1")
    assert graph["annotations"]["horizontal"] == [{"label": "alarm above", "value": 80, "fill": "above"}]


@pytest.mark.parametrize(
    "other",
    [
        {"metric": metric("Queue"), "threshold": 80},
        {"metric": metric(node="2"), "threshold": 90},
        {"metric": metric(node="2"), "threshold": 80, "when": "below"},
        {"metric": metric(node="2", period_seconds=300), "threshold": 80},
        {"metric": metric(node="2"), "threshold": 80, "region": "us-east-1"},
    ],
)
def test_another_metric_limit_period_or_region_has_a_graph_of_its_own(other: dict[str, Any]) -> None:
    assert len(graphs(drawn({"metric": metric(), "threshold": 80}, other))) == 2


def test_a_ratio_is_computed_and_its_parts_stay_hidden() -> None:
    (graph,) = graphs(drawn({"metric": Ratio(part=metric("Errors"), whole=metric("Calls")), "threshold": 1}))
    computed, part, whole = graph["metrics"]
    assert computed[0]["expression"] == "100 * part0 / whole0"
    assert [line[-1] for line in (part, whole)] == [
        {"id": "part0", "visible": False},
        {"id": "whole0", "visible": False},
    ]


def test_states_of_alarms_come_first_by_region_a_hundred_a_widget() -> None:
    home = [{"metric": metric(node=str(node)), "threshold": 1} for node in range(101)]
    widgets = drawn(*home, {"metric": metric(), "threshold": 1, "region": "us-east-1"})
    states = [widget["properties"] for widget in widgets if widget["type"] == "alarm"]
    assert [(state["title"], len(state["alarms"])) for state in states] == [
        ("Alarms in eu-west-1", 100),
        ("Alarms in eu-west-1", 1),
        ("Alarms in us-east-1", 1),
    ]
    assert [widget["type"] for widget in widgets[:4]] == ["text", "alarm", "alarm", "alarm"]


def test_a_component_names_its_runbook_as_a_link_where_there_is_one() -> None:
    one = {"metric": metric(), "threshold": 1}
    assert "## till (Till, docs/runbooks/till.md)" in str(drawn(one))
    assert "## till (Till, [runbook](https://example.com/books/till.md))" in str(
        drawn(one, runbooks="https://example.com/books")
    )


@pytest.mark.parametrize("limit", ["_WIDGETS_MAX", "_METRICS_MAX"])
def test_more_than_a_dashboard_takes_is_told_with_the_numbers(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"components.dashboards.{limit}", 1)
    with pytest.raises(ValueError, match=r"web-store test: shop.*must have at most.*4 widgets with 2 metrics"):
        drawn(*({"metric": metric(node=node), "threshold": 1} for node in "12"))


def test_a_box_with_alarms_names_its_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Till, "DASHBOARD", None)
    with pytest.raises(ValueError, match="Till must name its tier in DASHBOARD"):
        drawn({"metric": metric(), "threshold": 1})


@cache
def production() -> Recorder:
    return store("prod")


def test_production_draws_every_metric_that_has_an_alarm() -> None:
    drawn_lines = [
        (graph["region"], line[0], line[1], frozenset(zip(line[2::2], line[3::2], strict=False)))
        for dashboard in production().of(":Dashboard")
        for graph in graphs(json.loads(dashboard.inputs["dashboardBody"])["widgets"])
        for line in graph["metrics"]
        if isinstance(line[0], str)
    ]
    watched = [
        (alarm.inputs.get("region", "eu-west-1"), found["namespace"], found["metricName"], found["dimensions"])
        for alarm in production().of(":MetricAlarm")
        for found in [alarm.inputs, *(query.get("metric", {}) for query in alarm.inputs.get("metricQueries", ()))]
        if "metricName" in found
    ]
    missing = [
        (region, namespace, name, dimensions)
        for region, namespace, name, dimensions in watched
        if not any(
            line[:3] == (region, namespace, name) and line[3] >= frozenset(dimensions.items()) for line in drawn_lines
        )
    ]
    assert not missing


def test_every_widget_of_production_lies_inside_the_grid_and_on_no_other() -> None:
    for dashboard in production().of(":Dashboard"):
        taken: set[tuple[int, int]] = set()
        for widget in json.loads(dashboard.inputs["dashboardBody"])["widgets"]:
            assert widget["x"] + widget["width"] <= 24
            cells = {
                (x, y)
                for x in range(widget["x"], widget["x"] + widget["width"])
                for y in range(widget["y"], widget["y"] + widget["height"])
            }
            assert not taken & cells
            taken |= cells


def test_names_hold_the_stack_because_dashboards_belong_to_the_account() -> None:
    names = {dashboard.inputs["dashboardName"] for dashboard in production().of(":Dashboard")}
    assert "web-store-edge-prod" in names
    assert all(name.endswith("-prod") for name in names)


def test_the_stack_file_can_switch_them_off() -> None:
    assert not store("dev").of(":Dashboard")


def test_a_limit_that_is_known_later_is_drawn_too() -> None:
    (graph,) = graphs(drawn({"metric": metric(), "threshold": pulumi.Output.from_input(7)}))
    assert graph["annotations"]["horizontal"][0]["value"] == 7
