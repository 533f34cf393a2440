"""Schedules of services, and those that are none."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

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


def state(kind: str, rate: str) -> Deployed:
    variables = {"STORE_SERVICE": "orders"}
    function = {"arn": ARN, "name": "orders-1", "packageType": kind, "environment": {"variables": variables}}
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
    ("kind", "rate", "found"),
    [
        ("Image", "rate(1 minute)", 1),
        ("Image", "rate(5 minutes)", 1),
        ("Zip", "rate(5 minutes)", 0),
        ("Image", "", 0),
    ],
)
def test_schedules_of_services_run_and_no_others(journal: Journal, kind: str, rate: str, found: int) -> None:
    deployed = state(kind, rate)
    assert len(schedules_of(deployed, functions(deployed), Judge(), journal)) == found


def test_the_clock_invokes_what_admits_it_and_a_failure_is_told(journal: Journal) -> None:
    deployed = state("Image", "rate(1 minute)")
    run = functions(deployed, {"errorType": "RuntimeError", "errorMessage": "1 of 1 chores failed"})
    (schedule,) = schedules_of(deployed, run, Judge(), journal)
    asyncio.run(schedule.once())
    assert run.invoked == [(ARN, "aws.events")]
    (failed,) = journal.entries("schedule.failed")
    assert failed["error"] == "RuntimeError"


def test_the_clock_does_not_invoke_what_does_not_admit_it(journal: Journal) -> None:
    deployed = state("Image", "rate(1 minute)")
    run = functions(deployed)
    (schedule,) = schedules_of(deployed, run, Judge(denied={"lambda:InvokeFunction"}), journal)
    asyncio.run(schedule.once())
    assert run.invoked == []
