"""A detector of Amazon Fraud Detector, asked for what it makes of an attempt."""

from collections.abc import Mapping
from typing import Any, Literal

from functions.common.aws import fraud_detector
from functions.common.fraud.contract import Attempt, Outcome, Reason
from functions.common.model import Model, now

_UNKNOWN_ENTITY = "unknown"
_BY_STRICTNESS: tuple[Outcome, ...] = ("approve", "review", "block")


class UnknownOutcomeError(Exception):
    """The detector has an outcome that the settings give no meaning."""


class Detector(Model):
    """Detector of section `fraud`, as a service finds it."""

    name: str
    version: str
    event_type: str
    entity_type: str
    variables: dict[str, Literal["amount_minor", "first_order", "countries_differ"]]
    outcomes: dict[str, Outcome]


class Verdict(Model):
    outcome: Outcome
    score: int
    """Highest of its models, 0 to 1000."""
    reasons: list[Reason]


def ask(detector: Detector, attempt: Attempt, customer: str | None) -> Verdict:
    """
    Args:
        customer: Keyed hash.

    Raises:
        BotoCoreError, ClientError: it does not answer.
        UnknownOutcomeError: its answer is not understood.
    """
    answer = fraud_detector().get_event_prediction(
        detectorId=detector.name,
        detectorVersionId=detector.version,
        eventId=attempt.attempt_id,
        eventTypeName=detector.event_type,
        entities=[{"entityType": detector.entity_type, "entityId": customer or _UNKNOWN_ENTITY}],
        # Seconds without a fraction (https://docs.aws.amazon.com/frauddetector/latest/ug/storing-events-sendevent-api.html).
        eventTimestamp=now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        eventVariables=_variables(detector, attempt),
    )
    matched = [rule for rule in answer.get("ruleResults", ()) if rule.get("outcomes")]
    named = {name for rule in matched for name in rule["outcomes"]}
    if named - detector.outcomes.keys():
        raise UnknownOutcomeError(", ".join(sorted(named - detector.outcomes.keys())))
    found = {detector.outcomes[name] for name in named}
    strictest: Outcome = "approve"
    for outcome in _BY_STRICTNESS:
        strictest = outcome if outcome in found else strictest
    scores = [score for model in answer.get("modelScores", ()) for score in model.get("scores", {}).values()]
    score = round(max(scores, default=0))
    return Verdict(
        outcome=strictest,
        score=score,
        reasons=[Reason(rule=f"detector:{rule['ruleId']}", points=score) for rule in matched],
    )


def _variables(detector: Detector, attempt: Attempt) -> Mapping[str, str]:
    """Without those that are unknown: the detector has defaults for them
    (https://docs.aws.amazon.com/frauddetector/latest/api/API_GetEventPrediction.html)."""
    known: dict[str, Any] = {
        "amount_minor": attempt.amount_minor,
        "first_order": attempt.first_order,
        "countries_differ": len(set(attempt.countries)) > 1 if attempt.countries else None,
    }
    given = {name: known[feature] for name, feature in detector.variables.items()}
    return {name: str(value).lower() for name, value in given.items() if value is not None}
