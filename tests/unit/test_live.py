"""What AWS runs at the moment of an update: a broken service is told, and an update is not green over it."""

from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from components.blocks.live import elsewhere, fault_of
from offline.output import UPDATE_FAILS
from tests.mocks import Recorder
from tests.unit.web_tier_box import SERVICE, made

RELEASE, EARLIER = (f"arn:aws:ecs:eu-west-1:111111111111:task-definition/web-service-dev:{n}" for n in (42, 41))


def live(*, definition: str = RELEASE, desired: int = 3, running: int = 3, pending: int = 0) -> Any:
    return SimpleNamespace(
        task_definition=definition, desired_count=desired, running_count=running, pending_count=pending
    )


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (live(), None),
        (live(desired=9, running=9), None),
        (live(desired=9, running=4), None),
        (live(running=1, pending=2), None),
        (live(desired=0, running=0), None),
        (live(running=0), "must run 3 tasks and runs 0"),
        (live(running=2), "must run 3 tasks and runs 2"),
        (live(desired=2, running=1), "must run 2 tasks and runs 1"),
        (live(definition=EARLIER), "must run web-service-dev:42 and runs web-service-dev:41"),
        (live(definition=EARLIER, running=0, pending=3), "must run web-service-dev:42 and runs web-service-dev:41"),
    ],
)
def test_what_ecs_runs_is_compared_with_what_it_was_given(found: Any, told: str | None) -> None:
    fault = fault_of("web-service", RELEASE, found, setting="web_tier.service", min_tasks=3)
    assert fault is None if told is None else told in (fault or "")


def test_each_fault_has_its_way_out() -> None:
    def way(found: Any) -> str:
        return fault_of("web-service", RELEASE, found, setting="web_tier.service", min_tasks=3) or ""

    assert "`web_tier.service.redeploy`" in way(live(running=0)), "the state has the same release already"
    assert "`pulumi up --refresh`" in way(live(definition=EARLIER)), "the state does not know of the rollback"


def service(found: dict[str, Any], *, is_preview: bool = False) -> Recorder:
    return made(looked_up={"ecs/getService": found}, is_preview=is_preview)


@pytest.mark.parametrize(
    ("found", "told"),
    [({"runningCount": 0}, "ECS starts no more"), ({"taskDefinition": EARLIER}, "ECS has rolled the deployment back")],
)
def test_an_update_is_not_green_over_a_broken_service(found: dict[str, Any], told: str) -> None:
    with pytest.raises(pulumi.RunError, match=told):
        service(found)


def test_a_preview_warns_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, _: said.append(text))
    assert service({"runningCount": 0}, is_preview=True).of("appautoscaling/target:Target"), "the preview goes on"
    (warning,) = said
    assert UPDATE_FAILS in warning


def test_another_value_of_redeploy_deploys_the_same_release_again() -> None:
    assert "triggers" not in made().inputs(SERVICE)
    assert made(service={"redeploy": "2026-11-30"}).inputs(SERVICE)["triggers"] == {"redeploy": "2026-11-30"}
    assert made().inputs(SERVICE)["forceNewDeployment"] is True, "triggers work with it only"


def test_the_service_is_replaced_with_its_load_balancer() -> None:
    assert made().one(SERVICE).replace_with == ("web-balancer",)


def targets(*weights: tuple[str, int]) -> list[Any]:
    groups = [SimpleNamespace(arn=arn, weight=weight) for arn, weight in weights]
    return [SimpleNamespace(forwards=[SimpleNamespace(target_groups=groups)]), SimpleNamespace(forwards=None)]


@pytest.mark.parametrize(
    ("actions", "percent"),
    [
        (None, 0),
        ([], 0),
        (targets(("blue", 100), ("green", 0)), 0),
        (targets(("blue", 0), ("green", 100)), 100),
        (targets(("blue", 3), ("green", 1)), 25),
        (targets(("blue", 0), ("green", 0)), 0),
        (targets(("blue", 1)), 0),
    ],
)
def test_the_share_of_traffic_that_is_not_on_blue(actions: Any, percent: int) -> None:
    assert elsewhere("blue", actions) == percent
