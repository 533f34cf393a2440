"""Rules of EventBridge that invoke services by the clock.

Other schedules look after AWS itself, such as the one of `liveness`, and do not run here.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
"""

import asyncio
import re
import uuid
from datetime import UTC, datetime
from typing import Final

from local.functions import Functions, service_of
from local.journal import Journal
from local.judge import Judge
from local.state import Deployed, Resource

_RULE: Final = "aws:cloudwatch/eventRule:EventRule"
_TARGET: Final = "aws:cloudwatch/eventTarget:EventTarget"
_RATE: Final = re.compile(r"rate\((\d+) minutes?\)")
_PRINCIPAL: Final = "events.amazonaws.com"


class Schedule:
    """One rule with a rate, and the service that it invokes."""

    def __init__(
        self, rule: Resource, minutes: int, function: Resource, functions: Functions, judge: Judge, journal: Journal
    ) -> None:
        self.name = rule.name
        self._rule, self._seconds, self._function = rule, 60 * minutes, function
        self._functions, self._judge, self._journal = functions, judge, journal

    async def run(self) -> None:
        """Invoke without end."""
        while True:
            await asyncio.sleep(self._seconds)
            await self.once()

    async def once(self) -> None:
        verdict = self._judge(
            _PRINCIPAL, "lambda:InvokeFunction", self._function.arn, {"aws:SourceArn": self._rule.arn}
        )
        if not verdict.allowed:
            return
        event = {
            "id": str(uuid.uuid4()),
            "source": "aws.events",
            "detail-type": "Scheduled Event",
            "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "resources": [self._rule.arn],
            "detail": {},
        }
        _, failure = await self._functions.invoke(self._function.arn, event)
        if failure:
            self._journal.event("schedule.failed", rule=self.name, error=failure["errorType"])


def schedules_of(deployed: Deployed, functions: Functions, judge: Judge, journal: Journal) -> list[Schedule]:
    """Those whose target is a service."""
    rules = {rule.outputs["name"]: rule for rule in deployed.of_type(_RULE)}
    found: list[Schedule] = []
    for target in deployed.of_type(_TARGET):
        rule, function = rules.get(target.outputs["rule"]), functions.find(target.outputs["arn"])
        rate = _RATE.fullmatch((rule.outputs.get("scheduleExpression") or "") if rule else "")
        if rule and rate and function and service_of(function):
            found.append(Schedule(rule, int(rate[1]), function, functions, judge, journal))
    return found
