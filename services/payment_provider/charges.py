"""Charges of the simulated provider, in memory. The prefix of a token decides the result of its charge."""

import secrets
from dataclasses import dataclass, field, replace
from threading import Lock

from services.payments.provider import Charge, ChargeRequest

APPROVE, DECLINE, CHALLENGE, TIMEOUT, TWICE = (
    "tok_approve",
    "tok_decline",
    "tok_3ds",
    "tok_timeout",
    "tok_webhook_twice",
)
TOKENS = (APPROVE, DECLINE, CHALLENGE, TIMEOUT, TWICE)
"""Approve; decline; challenge the customer; approve with a late answer; approve with each notice sent twice. A suffix
`_<anything>` makes further tokens."""


class RefundError(Exception):
    """The refunds must not exceed the captured amount."""


@dataclass(frozen=True)
class Held:
    """A charge with the provider's own attributes."""

    charge: Charge
    request: ChargeRequest | None
    """None for a reference that was voided before its charge arrived."""
    challenge: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    refunds: dict[str, int] = field(default_factory=dict)

    @property
    def kind(self) -> str | None:
        return behaviour(self.request.token) if self.request else None


def behaviour(token: str) -> str | None:
    """Member of `TOKENS` that a token equals or extends."""
    return next((known for known in TOKENS if token == known or token.startswith(f"{known}_")), None)


class Charges:
    """
    Args:
        challenge_url: Address of a challenge, before its id.
    """

    def __init__(self, challenge_url: str) -> None:
        self._challenge_url = challenge_url
        self._held: dict[str, Held] = {}
        self._lock = Lock()

    def authorise(self, request: ChargeRequest) -> tuple[Held, bool]:
        """The charge, and whether it is new."""
        with self._lock:
            if request.reference in self._held:
                return self._held[request.reference], False
            new = Held(Charge(reference=request.reference, status="authorised"), request)
            return self._keep(replace(new, charge=self._judged(new, request))), True

    def all(self) -> list[Held]:
        with self._lock:
            return list(self._held.values())

    def find(self, reference: str) -> Held | None:
        with self._lock:
            return self._held.get(reference)

    def challenged(self, challenge: str) -> Held | None:
        """Charge of a challenge, answered or not."""
        given = challenge.encode()
        found = (held for held in self.all() if secrets.compare_digest(held.challenge.encode(), given))
        return next(found, None)

    def answer(self, reference: str, *, approved: bool) -> Held:
        with self._lock:
            held = self._held[reference]
            if held.charge.status != "requires_action":
                return held
            verdict = {"status": "authorised"} if approved else {"status": "declined", "decline_code": "refused"}
            return self._keep(_changed(held, action_url=None, **verdict))

    def capture(self, reference: str) -> Held | None:
        with self._lock:
            held = self._held.get(reference)
            if held is None or held.request is None or held.charge.status != "authorised":
                return held
            return self._keep(_changed(held, status="captured", captured_minor=held.request.amount_minor))

    def void(self, reference: str) -> Held:
        with self._lock:
            held = self._held.get(reference) or Held(Charge(reference=reference, status="authorised"), None)
            if held.charge.status in ("authorised", "requires_action"):
                return self._keep(_changed(held, status="voided", action_url=None))
            return held

    def refund(self, reference: str, refund_id: str, amount_minor: int) -> Held | None:
        """
        Raises:
            RefundError: the refunds would exceed the captured amount.
        """
        with self._lock:
            held = self._held.get(reference)
            if held is None:
                return None
            refunds = {**held.refunds, refund_id: amount_minor}
            if sum(refunds.values()) > held.charge.captured_minor:
                raise RefundError
            return self._keep(_changed(replace(held, refunds=refunds), refunded_minor=sum(refunds.values())))

    def _judged(self, held: Held, request: ChargeRequest) -> Charge:
        kind = behaviour(request.token)
        if kind is None or kind == DECLINE:
            code = "insufficient_funds" if kind else "invalid_token"
            return Charge(reference=request.reference, status="declined", decline_code=code)
        if kind == CHALLENGE:
            url = f"{self._challenge_url}{held.challenge}"
            return Charge(reference=request.reference, status="requires_action", action_url=url)
        return held.charge

    def _keep(self, held: Held) -> Held:
        self._held[held.charge.reference] = held
        return held


def _changed(held: Held, **facts: object) -> Held:
    return replace(held, charge=held.charge.model_copy(update=facts))
