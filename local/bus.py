"""EventBridge's bus: events are matched with the rules of the state and delivered to their targets.

Retries and dead letters are as documented at
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
"""

import asyncio
import json
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from local.cloud import Cloud
from local.errors import AwsError
from local.functions import Functions
from local.journal import Journal
from local.judge import Judge
from local.pacing import Pacing
from local.patterns import matches
from local.state import Deployed, Resource
from local.tasks import end
from local.templates import input_of
from local.third_parties import ThirdParties

_SERVICE: Final = "events.amazonaws.com"
_ARCHIVED: Final = 5_000
_REQUIRED: Final = ("Source", "DetailType", "Detail")
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
_RETRIES: Final = 185
_AGE_SECONDS: Final = 24 * 3600


class DeliveryError(Exception):
    """A target did not take an event."""

    def __init__(self, code: str, message: str, *, retried: bool) -> None:
        super().__init__(message)
        self.code = code
        self.retried = retried


@dataclass(frozen=True)
class _Delivery:
    """One event on its way to one target of a rule."""

    event: Mapping[str, Any]
    rule: Resource
    target: Mapping[str, Any]

    @property
    def arn(self) -> str:
        return self.target["arn"]

    @property
    def facts(self) -> dict[str, str]:
        return {
            "event_id": self.event["id"],
            "detail_type": self.event["detail-type"],
            "rule": self.rule.name,
            "target": self.arn.rpartition(":")[2],
        }


class Bus:
    """All buses of the state; the events of each go to its own rules."""

    def __init__(
        self,
        deployed: Deployed,
        cloud: Cloud,
        functions: Functions,
        third_parties: ThirdParties,
        judge: Judge,
        journal: Journal,
        pacing: Pacing,
    ) -> None:
        self._deployed = deployed
        self._cloud = cloud
        self._functions = functions
        self._third_parties = third_parties
        self._judge = judge
        self._journal = journal
        self._pacing = pacing
        self._under_way: set[asyncio.Task[None]] = set()
        self._rules = [
            (rule, json.loads(pattern))
            for rule in deployed.of_type("aws:cloudwatch/eventRule:EventRule")
            # A rule with a schedule alone hears no events.
            if (pattern := rule.outputs.get("eventPattern"))
            and rule.outputs.get("state", "ENABLED").startswith("ENABLED")
        ]
        self._targets: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for target in deployed.of_type("aws:cloudwatch/eventTarget:EventTarget"):
            of = target.outputs
            self._targets.setdefault((of.get("eventBusName") or "default", of["rule"]), []).append(of)
        self.archive: deque[Mapping[str, Any]] = deque(maxlen=_ARCHIVED)
        """Events that an archive of the state keeps."""
        self._archives = [
            (archive.outputs["eventSourceArn"], json.loads(archive.outputs.get("eventPattern") or "{}"))
            for archive in deployed.of_type("aws:cloudwatch/eventArchive:EventArchive")
        ]

    async def put(self, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        """Take entries of PutEvents that are allowed.

        Returns:
            For each its `EventId`, or `ErrorCode` and `ErrorMessage`. Deliveries go on afterwards.
        """
        return [self._take(entry) for entry in entries]

    async def put_events(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """PutEvents of the EventBridge API, with entries that are allowed."""
        results = await self.put(parameters["Entries"])
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def close(self) -> None:
        await end(self._under_way)

    def _take(self, entry: Mapping[str, Any]) -> dict[str, str]:
        missing = [name for name in _REQUIRED if not entry.get(name)]
        if missing:
            return {
                "ErrorCode": "InvalidArgument",
                "ErrorMessage": f"Parameter {missing[0]} is not valid. Reason: {missing[0]} is a required argument.",
            }
        detail = _object(entry["Detail"])
        if detail is None:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": self._deployed.account_id,
            "time": _time(entry.get("Time")),
            "region": self._deployed.region,
            "resources": entry.get("Resources") or [],
            "detail": detail,
        }
        self._match(event, str(entry.get("EventBusName") or "default").rpartition("/")[2])
        return {"EventId": event["id"]}

    def _match(self, event: Mapping[str, Any], bus: str) -> None:
        matched = [
            rule
            for rule, pattern in self._rules
            if (rule.outputs.get("eventBusName") or "default") == bus and matches(pattern, event)
        ]
        self._journal.event(
            "bus.event",
            bus=bus,
            event_id=event["id"],
            detail_type=event["detail-type"],
            source=event["source"],
            rules=[rule.name for rule in matched],
        )
        if any(arn.endswith(f"/{bus}") and matches(pattern, event) for arn, pattern in self._archives):
            self.archive.append(event)
        for rule in matched:
            for target in self._targets.get((bus, rule.outputs["name"]), ()):
                task = asyncio.create_task(self._deliver(_Delivery(event, rule, target)))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

    async def _deliver(self, delivery: _Delivery) -> None:
        policy = delivery.target.get("retryPolicy") or {}
        retries = int(policy.get("maximumRetryAttempts") or _RETRIES)
        until = time.monotonic() + int(policy.get("maximumEventAgeInSeconds") or _AGE_SECONDS)
        attempt = 0
        while True:
            try:
                await self._send(delivery)
            except DeliveryError as error:
                exhausted = _exhausted(attempt, retries, until) if error.retried else ""
                self._journal.event("bus.failed", **delivery.facts, code=error.code, attempt=attempt)
                if exhausted or not error.retried:
                    await self._dead_letter(delivery, error, exhausted, attempt)
                    return
                await asyncio.sleep(self._pacing.seconds(attempt))
                attempt += 1
            else:
                self._journal.event("bus.delivered", **delivery.facts, attempt=attempt)
                return

    async def _send(self, delivery: _Delivery) -> None:
        """
        Raises:
            DeliveryError: the target did not take the event.
        """
        service = delivery.arn.split(":")[2]
        kinds: dict[str, Callable[[_Delivery, str], Awaitable[None]]] = {
            "sqs": self._to_queue,
            "lambda": self._to_function,
            "events": self._to_third_party,
        }
        if service not in kinds:
            raise DeliveryError("NOT_EMULATED", f"targets of {service} are not emulated here", retried=False)
        await kinds[service](delivery, input_of(delivery.target, delivery.event, delivery.rule.arn))

    async def _to_queue(self, delivery: _Delivery, text: str) -> None:
        self._require(delivery, delivery.target.get("roleArn") or _SERVICE, "sqs:SendMessage")
        group = (delivery.target.get("sqsTarget") or {}).get("messageGroupId")
        try:
            await self._cloud.call(
                "sqs",
                "SendMessage",
                QueueUrl=self._cloud.queue_url(delivery.arn),
                MessageBody=text,
                **({"MessageGroupId": group, "MessageDeduplicationId": delivery.event["id"]} if group else {}),
            )
        except AwsError as error:
            raise DeliveryError(error.code, str(error), retried=True) from None

    async def _to_function(self, delivery: _Delivery, text: str) -> None:
        """The bus hands the event to Lambda's queue; Lambda itself retries a failed function twice."""
        self._require(delivery, delivery.target.get("roleArn") or _SERVICE, "lambda:InvokeFunction")
        for attempt in range(3):
            _, error = await self._functions.invoke(delivery.arn, json.loads(text))
            if error is None:
                return
            await asyncio.sleep(self._pacing.seconds(attempt))
        self._journal.event("bus.function-failed", **delivery.facts)

    async def _to_third_party(self, delivery: _Delivery, text: str) -> None:
        party = self._third_parties.by_arn(delivery.arn)
        if party is None:
            raise DeliveryError("RESOURCE_NOT_FOUND", f"the state holds no destination {delivery.arn}", retried=False)
        self._require(delivery, delivery.target.get("roleArn") or _SERVICE, "events:InvokeApiDestination")
        status = self._third_parties.send(party, text)
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html#eb-api-destination-error-codes
        if status >= 300:
            is_retried = status in (401, 407, 409, 429) or status >= 500
            raise DeliveryError("SDK_CLIENT_ERROR", f"{party.name} answered {status}", retried=is_retried)

    def _require(self, delivery: _Delivery, principal: str, action: str) -> None:
        context = {"aws:SourceArn": delivery.rule.arn, "aws:SourceAccount": self._deployed.account_id}
        verdict = self._judge(principal, action, delivery.arn, context)
        if not verdict.allowed:
            # Lost permissions are not retried.
            raise DeliveryError("NO_PERMISSIONS", verdict.why, retried=False)

    async def _dead_letter(self, delivery: _Delivery, error: DeliveryError, exhausted: str, attempts: int) -> None:
        """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"""
        arn = (delivery.target.get("deadLetterConfig") or {}).get("arn")
        context = {"aws:SourceArn": delivery.rule.arn, "aws:SourceAccount": self._deployed.account_id}
        if not arn or not self._judge(_SERVICE, "sqs:SendMessage", arn, context).allowed:
            self._journal.event("bus.lost", **delivery.facts, code=error.code)
            return
        attributes = {
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": str(error)[:1000],
            "RULE_ARN": delivery.rule.arn,
            "TARGET_ARN": delivery.arn,
            "RETRY_ATTEMPTS": str(attempts),
            **({"EXHAUSTED_RETRY_CONDITION": exhausted} if exhausted else {}),
        }
        await self._cloud.call(
            "sqs",
            "SendMessage",
            QueueUrl=self._cloud.queue_url(arn),
            MessageBody=json.dumps(delivery.event),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )
        self._journal.event("bus.dead-letter", **delivery.facts, code=error.code)


def _exhausted(attempt: int, retries: int, until: float) -> str:
    if attempt >= retries:
        return "MaximumRetryAttempts"
    return "MaximumEventAgeInSeconds" if time.monotonic() >= until else ""


def _object(text: Any) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _time(given: Any) -> str:
    moment = datetime.fromtimestamp(given, UTC) if isinstance(given, (int, float)) else datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
