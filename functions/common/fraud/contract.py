"""What is asked, and the answer of every engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from functions.common.model import Model

Outcome = Literal["approve", "review", "block"]
Subject = Literal["customer", "client", "address", "token"]


@dataclass(frozen=True)
class Attempt:
    """A payment that is about to begin."""

    attempt_id: str
    """Id of the payment: asked again, the answer is the same one, and nothing is counted twice."""
    amount_minor: int
    about: str
    """Digest of what is paid and how much: with the id of another attempt it is judged anew."""
    subjects: Mapping[Subject, str] = field(default_factory=dict, repr=False)
    """By whom or what it is made, as far as known. Engines keep keyed hashes of them only."""
    first_order: bool | None = None
    """Whether none of the customer's orders was ever paid; None if unknown."""
    countries: tuple[str, ...] = ()
    """Countries of delivery and billing, as far as known."""


class Reason(Model):
    """Why a score is not zero."""

    rule: str
    """Name of the rule in the settings, `model`, or `detector:` and the id of a rule of the detector."""
    points: int
    found: int | None = None
    """Count or amount that was above the limit."""
    limit: int | None = None


class Decision(Model):
    decision_id: str
    """That of the attempt."""
    outcome: Outcome
    score: int
    reasons: list[Reason]
    engine: Literal["layered", "fraud-detector-legacy", "off", "none"]
    """`off`: the environment has no engine; `none`: the engine failed, and the amount decided."""
    decided_at: str
    """RFC 3339, in UTC."""
