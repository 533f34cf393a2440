"""The web tier's number of tasks, and how a release replaces them."""

from typing import Any

import pytest

from settings.observability import ContainerInsights
from tests.mocks import Recorder
from tests.unit.web_tier_box import SERVICE, SHIFTING, made, policies_of


@pytest.fixture(scope="module")
def web() -> Recorder:
    return made()


@pytest.mark.parametrize(
    ("spot_percent", "strategy"),
    [
        (0, [("FARGATE", 100, 1)]),
        (40, [("FARGATE", 60, 1), ("FARGATE_SPOT", 40, None)]),
        (100, [("FARGATE", 0, 1), ("FARGATE_SPOT", 100, None)]),
    ],
)
def test_one_task_at_least_is_not_on_spot(spot_percent, strategy) -> None:
    found = made(service={"spot_percent": spot_percent}).inputs(SERVICE)["capacityProviderStrategies"]
    assert [(item["capacityProvider"], item["weight"], item.get("base")) for item in found] == strategy


def test_rolling_needs_no_second_target_group_and_no_further_role(web) -> None:
    inputs = web.inputs(SERVICE)
    assert inputs["deploymentConfiguration"] == {"strategy": "ROLLING"}
    assert "advancedConfiguration" not in inputs["loadBalancers"][0]
    assert web.names("iam/role:Role") == {"web-service-task", "web-service-start"}


@pytest.mark.parametrize("deployment", SHIFTING, ids=lambda d: d["strategy"])
def test_shifting_strategies_move_traffic_by_a_role_held_to_this_load_balancer(deployment) -> None:
    recorder = made(service={"deployment": deployment})
    inputs = recorder.inputs(SERVICE)
    assert inputs["deploymentController"] == {"type": "ECS"}
    assert inputs["deploymentConfiguration"]["strategy"] == deployment["strategy"].upper()
    assert inputs["deploymentConfiguration"]["bakeTimeInMinutes"] == "5"
    advanced = inputs["loadBalancers"][0]["advancedConfiguration"]
    assert advanced["alternateTargetGroupArn"].endswith("-green")
    assert advanced["productionListenerRule"].endswith("-production")
    assert advanced["testListenerRule"].endswith("-test")
    role = recorder.one("iam/role:Role", "web-service-shift")
    assert role.statements("assumeRolePolicy")["AssumedByService"]["Principal"] == {"Service": "ecs.amazonaws.com"}
    statements = policies_of(recorder, "web-service-shift")
    for sid in ("Targets", "Listeners", "Shift"):
        assert "*" not in "".join(statements[f"web-service-shift.{sid}"]["Resource"])


@pytest.mark.parametrize(
    ("deployment", "key", "value"),
    [
        (SHIFTING[1], "canaryConfiguration", {"canaryPercent": 20, "canaryBakeTimeInMinutes": "7"}),
        (SHIFTING[2], "linearConfiguration", {"stepPercent": 25, "stepBakeTimeInMinutes": "3"}),
    ],
)
def test_canary_and_linear_say_how_much_and_how_long(deployment, key, value) -> None:
    assert made(service={"deployment": deployment}).inputs(SERVICE)["deploymentConfiguration"][key] == value


def test_an_update_may_take_as_long_as_its_strategy(web) -> None:
    assert web.one(SERVICE).update_timeout == "30m"
    slow = {"strategy": "canary", "canary_minutes": 60, "bake_minutes": 60}
    assert made(service={"deployment": slow}).one(SERVICE).update_timeout == "150m"


def scaled(recorder: Recorder) -> dict[str, dict[str, Any]]:
    key = "targetTrackingScalingPolicyConfiguration"
    return {
        policy.name.removeprefix("web-scaling-"): policy.inputs[key]
        for policy in recorder.of("appautoscaling/policy:Policy")
    }


def test_the_service_scales_by_cpu_memory_and_requests(web) -> None:
    target = web.inputs("appautoscaling/target:Target")
    assert target["resourceId"] == "service/web-cluster/web-service"
    assert (target["minCapacity"], target["maxCapacity"]) == (3, 30)
    policies = scaled(web)
    assert policies.keys() == {"cpu", "memory", "requests"}
    label = policies["requests"]["predefinedMetricSpecification"]["resourceLabel"]
    assert label.startswith("app/web-balancer/")
    assert "/targetgroup/web-balancer-blue/" in label


def test_requests_are_counted_for_both_target_groups_while_traffic_shifts() -> None:
    requests = scaled(made(service={"deployment": SHIFTING[0]}))["requests"]
    assert "predefinedMetricSpecification" not in requests
    metrics = {query["id"]: query for query in requests["customizedMetricSpecification"]["metrics"]}
    assert metrics["per_task"]["expression"] == "requests / tasks"
    dimensions = metrics["requests"]["metricStat"]["metric"]["dimensions"]
    assert [dimension["name"] for dimension in dimensions] == ["LoadBalancer"]


@pytest.mark.parametrize(
    ("insights", "metric"),
    [
        ("enhanced", ("ECS/ContainerInsights", "RunningTaskCount", "Minimum")),
        ("enabled", ("ECS/ContainerInsights", "RunningTaskCount", "Minimum")),
        ("disabled", ("AWS/ECS", "CPUUtilization", "SampleCount")),
    ],
)
def test_tasks_are_counted_by_a_metric_that_the_cluster_has(insights: ContainerInsights, metric) -> None:
    recorder = made(insights=insights, service={"deployment": SHIFTING[0]})
    assert recorder.inputs("ecs/cluster:Cluster")["settings"] == [{"name": "containerInsights", "value": insights}]
    assert ("web-cluster-performance" in recorder.names(":LogGroup")) == (insights != "disabled")
    alarm = recorder.inputs(":MetricAlarm", "web-service-tasks")
    assert (alarm["namespace"], alarm["metricName"], alarm["statistic"]) == metric
    assert alarm["alarmDescription"].endswith("fargate-service.md#runningtaskcount")
    queries = scaled(recorder)["requests"]["customizedMetricSpecification"]["metrics"]
    counted = next(query["metricStat"] for query in queries if query["id"] == "tasks")
    assert (counted["metric"]["namespace"], counted["metric"]["metricName"], counted["stat"]) == metric


def test_a_peak_raises_the_floor_and_its_end_lowers_it_again() -> None:
    peak = {"begins": "at(2026-11-27T06:00:00)", "ends": "at(2026-11-28T06:00:00)", "min_tasks": 12}
    recorder = made(service={"scaling": {"peaks": {"black-friday": {**peak, "timezone": "Europe/Berlin"}}}})
    found = {a.name: a.inputs for a in recorder.of("appautoscaling/scheduledAction:ScheduledAction")}
    assert {name: inputs["scalableTargetAction"]["minCapacity"] for name, inputs in found.items()} == {
        "web-scaling-black-friday-begins": 12,
        "web-scaling-black-friday-ends": 3,
    }
    assert {inputs["timezone"] for inputs in found.values()} == {"Europe/Berlin"}


def test_no_calendar_no_scheduled_actions(web) -> None:
    assert not web.of("appautoscaling/scheduledAction:ScheduledAction")
