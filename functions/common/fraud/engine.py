"""The engine `layered`: rules, counters and a model come to one score, which decides. With a detector of Amazon Fraud
Detector (`fraud-detector-legacy`) that decides, and the score only where it does not answer.

An attempt has one decision. Whoever asks again, after a crash or for a lost answer, gets it again, unless they ask
about something else.
"""

import json
from functools import cache

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field

from functions.common import names
from functions.common.aws import fraud_detector, optional, sagemaker, setting
from functions.common.fraud import counters, decisions
from functions.common.fraud.contract import Attempt, Decision, Outcome, Reason, Subject
from functions.common.fraud.detector import Detector, UnknownOutcomeError, Verdict, ask
from functions.common.fraud.hashes import keyed
from functions.common.fraud.rules import Rule, Velocity, fired
from functions.common.log import cause, logger
from functions.common.model import Model, now, timestamp

_FAILURES = (BotoCoreError, ClientError, TimeoutError)
"""What fails where AWS does; anything else is a fault of ours and ends the request."""


class ScoringModel(Model):
    endpoint_name: str
    weight: int


class _Answer(Model):
    score: float = Field(ge=0, le=1, strict=False)


class Engine(Model):
    """Engine of section `fraud`, as a service finds it."""

    review_at: int
    block_at: int
    rules: dict[str, Rule]
    model: ScoringModel | None
    hold_hours: int
    hold_unscored_above_minor: int | None
    keep_days: int
    detector: Detector | None = None

    def outcome(self, score: int) -> Outcome:
        if score >= self.block_at:
            return "block"
        return "review" if score >= self.review_at else "approve"


def current() -> Engine | None:
    """The engine of this environment; None if it has none.

    Raises:
        ValidationError: the program has set another form.
    """
    written = optional(names.FRAUD_ENGINE)
    return None if written is None else _parsed(written)


def prepare() -> None:
    """Make clients and the key of hashes in the thread that starts a process: boto3 makes clients in one thread only,
    and no payment waits for them. A failure is logged: the key is asked for again when it is needed."""
    engine = current()
    if engine is None:
        return
    if engine.model:
        sagemaker()
    if engine.detector:
        fraud_detector()
    try:
        keyed("customer", "")
    except _FAILURES as error:
        logger.warning("key of hashes not ready", extra={"cause": cause(error)})


def decide(attempt: Attempt) -> Decision:
    engine = current()
    if engine is None:
        return _decision(attempt, "approve", 0, [], "off")
    try:
        known = decisions.read(attempt.attempt_id, about=attempt.about)
        if known is not None:
            return known
        decision = _judged(engine, attempt)
    except _FAILURES as error:
        logger.error("payment not scored", extra={"cause": cause(error)})
        above = engine.hold_unscored_above_minor
        is_high = above is not None and attempt.amount_minor > above
        decision = _decision(attempt, "review" if is_high else "approve", 0, [], "none")
    measure(
        PaymentsScored=1,
        PaymentsHeld=decision.outcome == "review",
        PaymentsBlocked=decision.outcome == "block",
        PaymentsUnscored=decision.engine == "none",
    )
    return decision


def note_decline(attempt_id: str) -> None:
    """Count that the provider declined an attempt. A failure is logged: the payment goes on."""
    engine = current()
    if engine is None:
        return
    try:
        for name, of in decisions.declines_of(attempt_id).items():
            rule = engine.rules.get(name)
            if isinstance(rule, Velocity) and rule.counted == "declines":
                counters.add(name, rule, of, attempt_id)
    except _FAILURES as error:
        logger.error("decline not counted", extra={"cause": cause(error)})


def forget_counters(subject: Subject, value: str) -> None:
    """Delete what is counted of a subject.

    Raises:
        BotoCoreError, ClientError: not all is deleted.
    """
    engine = current()
    if engine is not None:
        of = keyed(subject, value)
        rules = {name: (rule, of) for name, rule in engine.rules.items() if isinstance(rule, Velocity)}
        counters.forget({name: found for name, found in rules.items() if found[0].of == subject})


def measure(**counts: int) -> None:
    """Write metrics into the log, from where CloudWatch takes them
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html)."""
    namespace = optional(names.METRICS_NAMESPACE)
    if namespace is None:
        return
    metrics = EphemeralMetrics(namespace=namespace, service=setting(names.SERVICE))
    for name, count in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=int(count))
    metrics.flush_metrics()


@cache
def _parsed(written: str) -> Engine:
    return Engine.model_validate_json(written)


def _judged(engine: Engine, attempt: Attempt) -> Decision:
    hashed = {subject: keyed(subject, value) for subject, value in attempt.subjects.items()}
    velocity = {
        name: (rule, hashed[rule.of])
        for name, rule in engine.rules.items()
        if isinstance(rule, Velocity) and rule.of in hashed
    }
    # Also with a detector: the rules take over where it does not answer, and must know what was before.
    counts = counters.counted(velocity, attempt.attempt_id)
    verdict = _of_detector(engine.detector, attempt, hashed.get("customer")) if engine.detector else None
    if verdict:
        decision = _decision(attempt, verdict.outcome, verdict.score, verdict.reasons, "fraud-detector-legacy")
    else:
        reasons = list(fired(engine.rules, attempt, counts))
        if engine.model and (reason := _of_model(engine.model, attempt, counts)):
            reasons.append(reason)
        score = sum(reason.points for reason in reasons)
        decision = _decision(attempt, engine.outcome(score), score, reasons, "layered")
    return decisions.keep(
        decision,
        about=attempt.about,
        customer=hashed.get("customer"),
        declines={name: of for name, (rule, of) in velocity.items() if rule.counted == "declines"},
        days=engine.keep_days,
    )


def _of_detector(detector: Detector, attempt: Attempt, customer: str | None) -> Verdict | None:
    """What the detector says; None if it does not answer."""
    try:
        return ask(detector, attempt, customer)
    except (*_FAILURES, UnknownOutcomeError) as error:
        logger.error("detector does not answer", extra={"cause": cause(error)})
        measure(DetectorFailures=1)
        return None


def _of_model(model: ScoringModel, attempt: Attempt, counts: dict[str, int]) -> Reason | None:
    """Points of the model; None if it gives none, or does not answer."""
    features = {
        "amount_minor": attempt.amount_minor,
        "first_order": attempt.first_order,
        "countries_differ": len(set(attempt.countries)) > 1,
        "counts": counts,
    }
    try:
        answer = sagemaker().invoke_endpoint(
            EndpointName=model.endpoint_name, ContentType="application/json", Body=json.dumps(features)
        )
        points = round(model.weight * _Answer.model_validate_json(answer["Body"].read()).score)
    except (*_FAILURES, ValueError) as error:
        logger.error("model does not answer", extra={"cause": cause(error)})
        measure(ModelFailures=1)
        return None
    return Reason(rule="model", points=points) if points else None


def _decision(attempt: Attempt, outcome: Outcome, score: int, reasons: list[Reason], engine: str) -> Decision:
    return Decision.model_validate(
        {
            "decision_id": attempt.attempt_id,
            "outcome": outcome,
            "score": score,
            "reasons": reasons,
            "engine": engine,
            "decided_at": timestamp(now()),
        }
    )
