"""Dues and payments in the table `payments`, and the transactions that change them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self

from botocore.exceptions import ClientError

from functions.common.aws import dynamodb, table
from functions.common.model import now, timestamp
from functions.common.outbox import event, event_id

Status = Literal[
    "processing", "requires_action", "pending", "held", "authorised", "settled", "declined", "cancelled", "refunded"
]
"""`held`: the provider holds the money, and somebody of the store looks at the payment before it is captured."""
FINAL: tuple[Status, ...] = ("settled", "declined", "cancelled", "refunded")
DueState = Literal["open", "held", "capturing", "promised", "settled", "closed"]
WAITING = "waiting"
"""Attribute `review` of a held payment."""
_SHOWN = ("payment_id", "order_id", "status", "method", "currency", "created_at", "updated_at")
_AS_SEEN = "attribute_exists(payment_id) AND #state = :seen AND active = :mine"


@dataclass(frozen=True)
class Due:
    """Amount to be paid for an order. Only the active payment changes its state; a closed due is final."""

    order_id: str
    customer_id: str
    amount_minor: int
    currency: str
    payable_until: datetime
    state: DueState
    active: str | None
    """Latest payment; from `held` or `capturing` on the payment that is captured."""
    screening: Mapping[str, Any] = field(default_factory=dict)
    """What the order tells to score its payments (`services.payments.screening`)."""

    @classmethod
    def read(cls, order_id: str) -> Self | None:
        item = _get(f"DUE#{order_id}", "DUE")
        if item is None:
            return None
        return cls(
            order_id,
            item["customer_id"],
            int(item["amount_minor"]),
            item["currency"],
            datetime.fromisoformat(item["payable_until"]),
            item["state"],
            item.get("active"),
            item.get("screening", {}),
        )

    def moved(self, state: DueState, active: str | None = None) -> dict[str, Any]:
        """Item of a transaction that sets state and active payment if the due is unchanged since it was read."""
        values = {":seen": self.state, ":state": state, **({":mine": self.active} if self.active else {})}
        unpaid = "#state = :seen AND attribute_not_exists(active)"
        return {
            "Update": {
                "TableName": table("payments"),
                "Key": {"payment_id": f"DUE#{self.order_id}", "item": "DUE"},
                "UpdateExpression": "SET #state = :state" + (", active = :active" if active else ""),
                "ConditionExpression": _AS_SEEN if self.active else unpaid,
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": values | ({":active": active} if active else {}),
            }
        }


def announce(
    order_id: str,
    customer_id: str,
    amount_minor: int,
    currency: str,
    payable_until: str,
    screening: Mapping[str, Any] | None = None,
) -> bool | None:
    """Write the due of an order, or a later `payable_until`.

    Returns:
        Whether the due is new; None, with nothing written, if another amount is due or the due is not open.
    """
    facts = {"customer_id": customer_id, "amount_minor": amount_minor, "currency": currency}
    try:
        before = dynamodb().update_item(
            TableName=table("payments"),
            Key={"payment_id": f"DUE#{order_id}", "item": "DUE"},
            UpdateExpression="SET customer_id = :customer_id, amount_minor = :amount_minor, currency = :currency, "
            "payable_until = :until, #state = :open, screening = :screening",
            ConditionExpression="attribute_not_exists(payment_id) OR (#state = :open AND customer_id = :customer_id "
            "AND amount_minor = :amount_minor AND currency = :currency)",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={
                ":open": "open",
                ":until": payable_until,
                ":screening": dict(screening or {}),
                **{f":{name}": value for name, value in facts.items()},
            },
            ReturnValues="ALL_OLD",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return None
    return "Attributes" not in before


@dataclass(frozen=True)
class Payment:
    payment_id: str
    item: Mapping[str, Any]

    @classmethod
    def read(cls, payment_id: str) -> Self | None:
        item = _get(payment_id, "PAYMENT")
        return None if item is None else cls(payment_id, item)

    @property
    def order_id(self) -> str:
        return self.item["order_id"]

    @property
    def customer_id(self) -> str:
        return self.item["customer_id"]

    @property
    def status(self) -> Status:
        return self.item["status"]

    @property
    def amount_minor(self) -> int:
        return int(self.item["amount_minor"])

    @property
    def currency(self) -> str:
        return self.item["currency"]

    @property
    def is_invoice(self) -> bool:
        return self.item["method"] == "invoice"

    @property
    def must_be_reviewed(self) -> bool:
        """Whether somebody of the store must look at it before it is captured."""
        return self.item.get("outcome") == "review" and "verdict" not in self.item

    @property
    def held_until(self) -> datetime:
        """Of a held payment: time until which it must be reviewed."""
        return datetime.fromisoformat(self.item["held_until"])

    @property
    def owed_back(self) -> str | None:
        """Id of the refund that the provider has not confirmed yet."""
        return self.item.get("refund_id")

    @property
    def is_final(self) -> bool:
        return self.status in FINAL and not self.owed_back

    @property
    def captured_minor(self) -> int:
        return self.amount_minor if self.status in ("settled", "refunded") else 0

    @property
    def refunded_minor(self) -> int:
        return self.amount_minor if self.status == "refunded" else 0

    def changed(self, status: Status, **facts: Any) -> dict[str, Any]:
        """Item of a transaction that sets status and attributes if the payment is unchanged since it was read.

        Args:
            facts: Attributes; None removes one.
        """
        if status != "held" and "review" in self.item:
            facts["review"] = None  # it leaves the index of payments that wait for a review
        given = {"status": status, "updated_at": timestamp(now()), "version": int(self.item["version"]) + 1, **facts}
        kept = {name: value for name, value in given.items() if value is not None}
        gone = [f"#{name}" for name, value in given.items() if value is None]
        return {
            "Update": {
                "TableName": table("payments"),
                "Key": {"payment_id": self.payment_id, "item": "PAYMENT"},
                "UpdateExpression": "SET "
                + ", ".join(f"#{name} = :{name}" for name in kept)
                + (f" REMOVE {', '.join(gone)}" if gone else ""),
                "ConditionExpression": "#version = :seen",
                "ExpressionAttributeNames": {f"#{name}": name for name in given},
                "ExpressionAttributeValues": {
                    ":seen": self.item["version"],
                    **{f":{name}": value for name, value in kept.items()},
                },
            }
        }

    def document(self) -> dict[str, Any]:
        """JSON of the payment for its customer."""
        shown = {name: self.item[name] for name in _SHOWN}
        if self.status == "requires_action":
            shown["action_url"] = self.item["action_url"]
        if self.status == "declined":
            shown["decline_code"] = self.item["decline_code"]
        return {**shown, "amount_minor": self.amount_minor, "refunded_minor": self.refunded_minor}


def told(payment: Payment, detail_type: str, **facts: str) -> dict[str, Any]:
    """Item of a transaction with an event of a payment."""
    detail = {
        "event_id": event_id(detail_type, payment.payment_id),
        "payment_id": payment.payment_id,
        "order_id": payment.order_id,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        **facts,
    }
    return event(table("payments"), {"payment_id": payment.payment_id}, detail_type, detail)


def waiting(most: int) -> list[Payment]:
    """Payments that wait for a review, those first that have waited longest."""
    found = dynamodb().query(
        TableName=table("payments"),
        IndexName="by_review",
        KeyConditionExpression="review = :waiting",
        ExpressionAttributeValues={":waiting": WAITING},
        Limit=most,
    )
    return [Payment(item["payment_id"], item) for item in found["Items"]]


def _get(payment_id: str, item: str) -> dict[str, Any] | None:
    key = {"payment_id": payment_id, "item": item}
    return dynamodb().get_item(TableName=table("payments"), Key=key, ConsistentRead=True).get("Item")
