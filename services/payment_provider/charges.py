"""Charges of the simulated provider. The prefix of a token decides the result of its charge."""

import secrets
from collections.abc import Callable
from typing import Any

from functions.common.outbox import TryAgainError
from services.payment_provider.bodies import ChargeRequest
from services.payment_provider.held import CHALLENGE, DECLINE, Held, behaviour
from services.payment_provider.shelves import Shelf
from services.payments.provider import Charge

_ATTEMPTS = 10


class RefundError(Exception):
    """The refunds must not exceed the captured amount."""


class Charges:
    """Each change is made whole or not at all, by any number of processes with the same shelf.

    Args:
        challenge_url: Address of a challenge, before its id.

    Raises:
        TryAgainError: of every method that changes: others changed the charge at every attempt.
    """

    def __init__(self, shelf: Shelf, challenge_url: str) -> None:
        self._shelf = shelf
        self._challenge_url = challenge_url

    def authorise(self, request: ChargeRequest) -> tuple[Held, bool]:
        """The charge, and whether it is new."""
        made = self._judged(request)
        kept = self._changed(request.reference, lambda before: before or made)
        assert kept
        return kept, kept is made

    def latest(self) -> list[Held]:
        return self._shelf.latest()

    def find(self, reference: str) -> Held | None:
        return self._shelf.find(reference)

    def challenged(self, challenge: str) -> Held | None:
        """Charge of a challenge, answered or not."""
        held = self._shelf.find(challenge.rpartition(".")[0] or challenge)
        known = held is not None and secrets.compare_digest(held.challenge.encode(), challenge.encode())
        return held if known else None

    def answer(self, reference: str, *, approved: bool) -> Held | None:
        def answered(held: Held | None) -> Held | None:
            if held is None or held.charge.status != "requires_action":
                return held
            verdict = {"status": "authorised"} if approved else {"status": "declined", "decline_code": "refused"}
            return _with(held, action_url=None, **verdict)

        return self._changed(reference, answered)

    def capture(self, reference: str) -> Held | None:
        def captured(held: Held | None) -> Held | None:
            if held is None or held.request is None or held.charge.status != "authorised":
                return held
            return _with(held, status="captured", captured_minor=held.request.amount_minor)

        return self._changed(reference, captured)

    def void(self, reference: str) -> Held:
        def voided(held: Held | None) -> Held:
            if held is None:
                return Held(charge=Charge(reference=reference, status="voided"))
            if held.charge.status in ("authorised", "requires_action"):
                return _with(held, status="voided", action_url=None)
            return held

        kept = self._changed(reference, voided)
        assert kept
        return kept

    def refund(self, reference: str, refund_id: str, amount_minor: int) -> Held | None:
        """
        Raises:
            RefundError: the refunds would exceed the captured amount.
        """

        def refunded(held: Held | None) -> Held | None:
            if held is None or held.refunds.get(refund_id) == amount_minor:
                return held
            refunds = {**held.refunds, refund_id: amount_minor}
            if sum(refunds.values()) > held.charge.captured_minor:
                raise RefundError
            return _with(held.model_copy(update={"refunds": refunds}), refunded_minor=sum(refunds.values()))

        return self._changed(reference, refunded)

    def _judged(self, request: ChargeRequest) -> Held:
        kind = behaviour(request.token)
        if kind is None or kind == DECLINE:
            code = "insufficient_funds" if kind else "invalid_token"
            declined = Charge(reference=request.reference, status="declined", decline_code=code)
            return Held(charge=declined, request=request)
        held = Held(charge=Charge(reference=request.reference, status="authorised"), request=request)
        if kind != CHALLENGE:
            return held
        asked = {"status": "requires_action", "action_url": f"{self._challenge_url}{held.challenge}"}
        return held.model_copy(update={"charge": held.charge.model_copy(update=asked)})

    def _changed(self, reference: str, change: Callable[[Held | None], Held | None]) -> Held | None:
        """The charge after the change, which returns the charge that it is given if there is nothing to change."""
        for _ in range(_ATTEMPTS):
            before = self._shelf.find(reference)
            after = change(before)
            if after is None or after is before or self._shelf.keep(after):
                return after
        raise TryAgainError


def _with(held: Held, **facts: Any) -> Held:
    """The next version of a charge."""
    return held.model_copy(update={"version": held.version + 1, "charge": held.charge.model_copy(update=facts)})
