"""Scoring of payments before the payment provider is asked."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field, StringConstraints

from functions.common.fraud import decisions
from functions.common.fraud.contract import Attempt, Decision, Subject
from functions.common.fraud.engine import current, decide, forget_counters
from functions.common.fraud.hashes import keyed, network_of
from functions.common.log import cause, logger
from services.common.bodies import InternalBody, PaymentRequest
from services.payments.records import Due, Payment

_KEPT_AFTER_REVIEW = timedelta(days=1)


class Screening(InternalBody):
    """What an order tells to score its payments; no name and no address."""

    first_order: bool
    """None of the customer's orders was ever paid."""
    address: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    """SHA-256 of the delivery address, without the name."""
    countries: Annotated[list[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]], Field(max_length=2)]
    """Of delivery and billing, as far as known."""

    def kept(self) -> dict[str, Any]:
        """Attributes of the due: nothing without an engine, and no hash that could be tried out against addresses."""
        if current() is None:
            return {}
        kept: dict[str, Any] = {"first_order": self.first_order, "countries": self.countries}
        try:
            return {**kept, **({"address": keyed("address", self.address)} if self.address else {})}
        except (BotoCoreError, ClientError) as error:
            logger.error("address not hashed", extra={"cause": cause(error)})
            return kept


def screened(
    payment_id: str, customer_id: str, request: PaymentRequest, asked: str, due: Due, client: str | None
) -> Decision:
    """
    Args:
        asked: Digest of the request.
        client: Address of the customer's device, as the edge gives it.
    """
    known: Mapping[Subject, str | None] = {
        "customer": customer_id,
        "client": network_of(client),
        "address": due.screening.get("address"),
        "token": request.payment_token,
    }
    return decide(
        Attempt(
            attempt_id=payment_id,
            amount_minor=request.amount_minor,
            about=asked,
            subjects={subject: value for subject, value in known.items() if value},
            first_order=due.screening.get("first_order"),
            countries=tuple(due.screening.get("countries", ())),
        )
    )


def forget(customer_id: str) -> None:
    """Delete the decisions on a customer who is erased, and the counters. Of a payment that is being reviewed the
    reasons stay until then.

    Raises:
        BotoCoreError, ClientError: not all is deleted.
    """
    if current() is None:
        return
    for decision_id in list(decisions.of_customer(keyed("customer", customer_id))):
        payment = Payment.read(decision_id)
        if payment is not None and payment.status == "held":
            until = payment.held_until + _KEPT_AFTER_REVIEW
            decisions.forget_subjects(decision_id, int(until.timestamp()))
        else:
            decisions.forget(decision_id)
    forget_counters("customer", customer_id)
