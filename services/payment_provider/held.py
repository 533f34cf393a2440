"""A charge as the simulated provider keeps it."""

import secrets

from pydantic import Field

from functions.common.model import Model
from services.payment_provider.bodies import ChargeRequest
from services.payments.provider import Charge

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


class Held(Model):
    """A charge with the provider's own attributes."""

    charge: Charge
    request: ChargeRequest | None = None
    """None for a reference that was voided before its charge arrived."""
    version: int = 1
    """1 for a new charge, one more for each change."""
    secret: str = Field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    """Without it nobody can answer the challenge."""
    refunds: dict[str, int] = Field(default={})

    @property
    def kind(self) -> str | None:
        return behaviour(self.request.token) if self.request else None

    @property
    def challenge(self) -> str:
        """Id of the challenge of its customer."""
        return f"{self.charge.reference}.{self.secret}"


def behaviour(token: str) -> str | None:
    """Member of `TOKENS` that a token equals or extends."""
    return next((known for known in TOKENS if token == known or token.startswith(f"{known}_")), None)
