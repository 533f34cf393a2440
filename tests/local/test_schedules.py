"""Schedules: who is invoked, how often, and by whose leave."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from functions.common.names import WATCHED
from local.journal import Journal
from local.schedules import schedules_of
from local.state import Deployed
from tests.local.front.parts import Judge
from tests.local.test_state import STACK

ARN = "arn:aws:lambda:eu-west-1:111111111111:function:orders-1"
RULE = "arn:aws:events:eu-west-1:111111111111:rule/duties-1"


def resource(token: str, **outputs: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:dev::web-store::{token}::duties"
    return {"urn": urn, "type": token, "custom": True, "id": "x", "inputs": {}, "outputs": outputs}


def state(rate: str, variable: str = "STORE_SERVICE") -> Deployed:
    function = {"arn": ARN, "name": "orders-1", "environment": {"variables": {variable: "orders"}}}
    return Deployed(
        [
            STACK,
            resource("aws:lambda/function:Function", **function),
            resource("aws:cloudwatch/eventRule:EventRule", arn=RULE, name="duties-1", scheduleExpression=rate),
            resource("aws:cloudwatch/eventTarget:EventTarget", rule="duties-1", arn=ARN),
        ]
    )


def functions(deployed: Deployed, failure: Any = None) -> Any:
    invoked: list[Any] = []

    async def invoke(arn: str, event: Any) -> tuple[Any, Any]:
        invoked.append((arn, event["source"]))
        return None, failure

    return SimpleNamespace(find=deployed.by_arn, invoke=invoke, invoked=invoked)


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    with Journal(tmp_path / "journal.jsonl") as made:
        yield made


@pytest.mark.parametrize(
    ("variable", "rate", "seconds"),
    [
        ("STORE_SERVICE", "rate(1 minute)", [60]),
        ("STORE_SERVICE", "rate(2 hours)", [7200]),
        (WATCHED, "rate(5 minutes)", []),
        ("STORE_SERVICE", "", []),
    ],
)
def test_schedules_run_but_for_those_that_look_after_aws(
    journal: Journal, variable: str, rate: str, seconds: list[int]
) -> None:
    deployed = state(rate, variable)
    assert [one.seconds for one in schedules_of(deployed, functions(deployed), Judge(), journal)] == seconds


def test_soon_after_the_start_the_clock_is_ahead_of_the_rate(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed = state("rate(1 minute)")
    (schedule,) = schedules_of(deployed, functions(deployed), Judge(), journal)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 5:
            raise InterruptedError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(InterruptedError):
        asyncio.run(schedule.run())
    assert slept == [5, 15, 60, 60, 60]


def test_the_clock_invokes_what_admits_it_and_a_failure_is_told(journal: Journal) -> None:
    deployed = state("rate(1 minute)")
    run = functions(deployed, {"errorType": "RuntimeError", "errorMessage": "1 of 1 chores failed"})
    (schedule,) = schedules_of(deployed, run, Judge(), journal)
    asyncio.run(schedule.once())
    assert run.invoked == [(ARN, "aws.events")]
    (failed,) = journal.entries("schedule.failed")
    assert failed["error"] == "RuntimeError"


def test_the_clock_does_not_invoke_what_does_not_admit_it(journal: Journal) -> None:
    deployed = state("rate(1 minute)")
    run = functions(deployed)
    (schedule,) = schedules_of(deployed, run, Judge(denied={"lambda:InvokeFunction"}), journal)
    asyncio.run(schedule.once())
    assert run.invoked == []
    assert journal.entries("schedule.failed")
