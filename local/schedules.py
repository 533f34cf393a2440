"""Rules of EventBridge that invoke a function every few minutes.

The first time is at once, and the next ones follow sooner than the rate says: the store has just been deployed, and
what one run begins (an index that is filled) another ends. Functions that only ask AWS for the state of its services do
not run here, where those services are not.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
"""

import asyncio
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from functions.common import names
from local.functions import Functions
from local.journal import Journal
from local.judge import Judge
from local.state import Deployed, Resource

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS: Final = {"minute": 60, "hour": 3600, "day": 86_400}
_EARLY_SECONDS: Final = (5, 15, 60)
_PRINCIPAL: Final = "events.amazonaws.com"


@dataclass(frozen=True)
class Schedule:
    """One rule with a rate, and the function that it invokes."""

    rule: Resource
    function: Resource
    seconds: int
    functions: Functions
    judge: Judge
    journal: Journal

    @property
    def name(self) -> str:
        return f"schedule {self.rule.name}"

    async def run(self) -> None:
        """Invoke without end."""
        for early in _EARLY_SECONDS:
            await self.once()
            await asyncio.sleep(min(early, self.seconds))
        while True:
            await self.once()
            await asyncio.sleep(self.seconds)

    async def once(self) -> None:
        context = {"aws:SourceArn": self.rule.arn, "aws:SourceAccount": self.rule.arn.split(":")[4]}
        verdict = self.judge(_PRINCIPAL, "lambda:InvokeFunction", self.function.arn, context)
        if not verdict.allowed:
            self.journal.event("schedule.failed", rule=self.rule.name, error=verdict.why)
            return
        event = {
            "id": str(uuid.uuid4()),
            "source": "aws.events",
            "detail-type": "Scheduled Event",
            "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "resources": [self.rule.arn],
            "detail": {},
        }
        _, failure = await self.functions.invoke(self.function.arn, event)
        if failure:
            self.journal.event("schedule.failed", rule=self.rule.name, error=failure["errorType"])


def schedules_of(deployed: Deployed, functions: Functions, judge: Judge, journal: Journal) -> list[Schedule]:
    """Those whose functions have something to do here."""
    rules = {rule.outputs["name"]: rule for rule in deployed.of_type("aws:cloudwatch/eventRule:EventRule")}
    made: list[Schedule] = []
    for target in deployed.of_type("aws:cloudwatch/eventTarget:EventTarget"):
        rule, function = rules.get(target.outputs["rule"]), functions.find(target.outputs["arn"])
        rate = _RATE.fullmatch((rule.outputs.get("scheduleExpression") or "") if rule else "")
        if rule and rate and function and names.WATCHED not in _variables(function):
            made.append(Schedule(rule, function, int(rate[1]) * _SECONDS[rate[2]], functions, judge, journal))
    return made


def _variables(function: Resource) -> dict[str, str]:
    return (function.outputs.get("environment") or {}).get("variables") or {}
