"""Limits of requests as API Gateway counts them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local.front.gateway_responses import Refused
from local.state import Deployed


@dataclass
class Bucket:
    """A token bucket: `rate` tokens a second, at most `burst`; full at the start.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
    """

    rate: float
    burst: float
    clock: Callable[[], float] = time.monotonic
    _tokens: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens, self._at = self.burst, self.clock()

    def take(self) -> bool:
        """Whether one more request is within the limit; it then counts."""
        now = self.clock()
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass
class Quota:
    """Requests of a period, which begins at midnight UTC."""

    limit: int
    period: str
    """`DAY`, `WEEK` or `MONTH`."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _period: str = ""
    _used: int = 0

    def take(self) -> bool:
        """Whether one more request is within the quota; it then counts."""
        current = self.now().strftime({"DAY": "%Y-%m-%d", "WEEK": "%G-%V", "MONTH": "%Y-%m"}[self.period])
        if current != self._period:
            self._period, self._used = current, 0
        self._used += 1
        return self._used <= self.limit


class Plan:
    """Limits of a usage plan, for one key."""

    def __init__(self, given: Mapping[str, Any], clock: Callable[[], float]) -> None:
        throttle, quota = given.get("throttleSettings"), given.get("quotaSettings")
        self._bucket = Bucket(float(throttle["rateLimit"]), float(throttle["burstLimit"]), clock) if throttle else None
        self._quota = Quota(int(quota["limit"]), quota["period"]) if quota else None

    def admit(self) -> None:
        """
        Raises:
            Refused: a limit is reached.
        """
        if self._bucket is not None and not self._bucket.take():
            raise Refused("THROTTLED", "Too Many Requests")
        if self._quota is not None and not self._quota.take():
            raise Refused("QUOTA_EXCEEDED", "Limit Exceeded")


def keys_of(
    deployed: Deployed, rest_api_id: str, stage: str, clock: Callable[[], float] = time.monotonic
) -> list[tuple[str, Plan]]:
    """Values of the enabled API keys that have a usage plan of the stage."""
    plans = {
        plan.id: plan.outputs
        for plan in deployed.of_type("aws:apigateway/usagePlan:UsagePlan")
        if any((each["apiId"], each["stage"]) == (rest_api_id, stage) for each in plan.outputs.get("apiStages") or ())
    }
    every = deployed.of_type("aws:apigateway/apiKey:ApiKey")
    values = {key.id: key.outputs["value"] for key in every if key.outputs["enabled"]}
    return [
        (values[member.outputs["keyId"]], Plan(plans[member.outputs["usagePlanId"]], clock))
        for member in deployed.of_type("aws:apigateway/usagePlanKey:UsagePlanKey")
        if member.outputs["keyId"] in values and member.outputs["usagePlanId"] in plans
    ]
