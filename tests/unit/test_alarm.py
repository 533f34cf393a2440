"""Alarms: each says what it means and what to do, and tells somebody."""

from typing import Any

import pulumi
import pytest

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.metric import Metric, Ratio
from tests.foundation import EDGE_TOPIC, TOPIC, foundation, inside
from tests.mocks import record

ERRORS = Metric(namespace="AWS/Lambda", name="Errors", dimensions={"FunctionName": "feed"}, statistic="Sum")
CALLS = Metric(namespace="AWS/Lambda", name="Invocations", dimensions={"FunctionName": "feed"}, statistic="Sum")


class ProductFeed(StoreComponent):
    """Makes the alarms of these tests."""

    TYPE = "webstore:test:ProductFeed"

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **options: Any) -> None:
        super().__init__(name, opts)
        alarm("feed-errors", **{**options, "opts": self._inside})


def made(**options: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "metric": ERRORS,
        "threshold": 5,
        "meaning": "The feed fails.",
        "todo": "read its log.",
    }
    return record(lambda: ProductFeed("feed", inside(), **{**defaults, **options})).inputs(":MetricAlarm")


def test_an_alarm_tells_when_it_goes_off_and_when_it_is_over_and_what_to_do() -> None:
    found = made()
    assert found["alarmActions"] == found["okActions"] == [TOPIC]
    assert found["alarmDescription"] == (
        "The feed fails. What to do: read its log. Runbook: docs/runbooks/product-feed.md#errors"
    )
    assert found["treatMissingData"] == "notBreaching"
    assert (found["datapointsToAlarm"], found["evaluationPeriods"]) == (3, 5)


def test_a_heartbeat_notifies_when_it_falls_silent_and_not_before_it_has_begun() -> None:
    found = made(heartbeat=True)
    # With missing data that breach, each new alarm would be on until its metric has begun.
    assert found["treatMissingData"] == "missing"
    assert found["alarmActions"] == found["okActions"] == found["insufficientDataActions"] == [TOPIC]
    assert "insufficientDataActions" not in made()


def test_a_percentile_is_an_extended_statistic() -> None:
    found = made(
        metric=Metric(namespace="AWS/Lambda", name="Duration", dimensions={"FunctionName": "feed"}, statistic="p99")
    )
    assert found["extendedStatistic"] == "p99"
    assert "statistic" not in found


def test_a_ratio_is_computed_from_both_metrics_over_the_same_period() -> None:
    found = made(metric=Ratio(part=ERRORS, whole=CALLS))
    queries = {query["id"]: query for query in found["metricQueries"]}
    assert queries["percent"]["expression"] == "100 * part / whole"
    assert [query["id"] for query in queries.values() if query.get("returnData")] == ["percent"]
    assert queries["part"]["metric"]["metricName"] == "Errors"
    assert queries["whole"]["metric"]["period"] == queries["part"]["metric"]["period"]
    assert "metricName" not in found


@pytest.mark.parametrize(
    ("when", "operator"), [("below", "LessThanThreshold"), ("at_least", "GreaterThanOrEqualToThreshold")]
)
def test_the_bad_side_of_the_threshold_is_chosen(when: str, operator: str) -> None:
    assert made(when=when)["comparisonOperator"] == operator


def test_impossible_periods_are_refused() -> None:
    with pytest.raises(ValueError, match="4 of 3 periods"):
        Periods(breaching=4, evaluated=3)


def test_a_description_that_aws_would_refuse_is_refused_with_its_length() -> None:
    with pytest.raises(ValueError, match=r"feed-errors.*1024"):
        made(meaning="x" * 1024)


def test_a_ratio_leads_to_the_section_of_its_part() -> None:
    assert made(metric=Ratio(part=ERRORS, whole=CALLS))["alarmDescription"].endswith("/product-feed.md#errors")


def test_an_alarm_is_told_in_its_own_region() -> None:
    assert made(region="us-east-1")["alarmActions"] == [EDGE_TOPIC]
    assert made(region="eu-west-1")["alarmActions"] == [TOPIC]
    with pytest.raises(ValueError, match="eu-central-1 has no alarm topic"):
        made(region="eu-central-1")


def test_alarms_that_are_handled_alike_share_a_page() -> None:
    assert made(runbook="orders-redrive")["alarmDescription"].endswith("Runbook: docs/runbooks/orders-redrive.md")


def test_an_alarm_without_a_component_has_no_runbook_and_is_refused() -> None:
    with pytest.raises(TypeError, match=r"feed-errors.*must be the component"):
        record(
            lambda: alarm(
                "feed-errors",
                metric=ERRORS,
                threshold=5,
                meaning="The feed fails.",
                todo="read its log.",
                opts=pulumi.ResourceOptions(),
            )
        )


def test_a_component_knows_what_is_watched_in_it_and_in_its_parts() -> None:
    class Shop(StoreComponent):
        """Has a part."""

        TYPE = "webstore:test:Shop"

        def __init__(self) -> None:
            super().__init__("shop", foundation=foundation(runbooks="https://example.com/runbooks"))
            self.feed = ProductFeed("feed", self._inside, metric=ERRORS, threshold=5, meaning="It fails.", todo="look.")

    shops: list[Shop] = []
    recorder = record(lambda: shops.append(Shop()))
    assert list(shops[0].with_parts()) == [shops[0], shops[0].feed]
    (watched,) = shops[0].feed.watched
    assert (watched.metric, watched.threshold, watched.when, watched.title) == (ERRORS, 5, "above", "Errors")
    assert shops[0].watched == []
    description = recorder.inputs(":MetricAlarm")["alarmDescription"]
    assert description.endswith("https://example.com/runbooks/product-feed.md#errors"), "parts inherit the place"
