"""Section `orders`: the hand-off of orders to the order management system (OMS)."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import ANOTHER_ACCOUNT, form
from settings.problems import Refusal, refuse
from settings.types import AccountId, Label, RoleArn

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (ExternalId)
ExternalId = Annotated[
    str,
    form(
        r"^[A-Za-z0-9_+=,.@:/-]+$",
        "an external id of STS: letters, digits and _+=,.@:/-",
        "web-store-orders-4f1c2a9b",
        min_length=16,
        max_length=1224,
        one_environment="an id that a partner knows",
    ),
]


class OmsAccount(Section):
    """The AWS account of the OMS, which takes orders through a role of the store's account."""

    account_id: Annotated[AccountId, Field(json_schema_extra={ANOTHER_ACCOUNT: "partner"})]
    """Account that may assume the role."""

    role_arn: RoleArn = Field(examples=["arn:aws:iam::333333333333:role/order-intake"])
    """Role in that account, which need not exist yet and may be made again; no other principal has access. It needs
    `sts:AssumeRole` in a policy of its own."""

    external_id: ExternalId
    """External id that the OMS sends when it assumes the role, against the confused deputy problem; not a secret
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)."""

    calls: tuple[Label, ...] = Field(default=(), examples=[["orders"]])
    """Services whose routes for machines (`auth: iam`) it may call, such as to report the status of orders."""

    @section_rule
    def _role_of_the_account(self) -> Iterator[Refusal]:
        if self.role_arn.split(":")[4] != self.account_id:
            role = ":".join([*self.role_arn.split(":")[:4], self.account_id, *self.role_arn.split(":")[5:]])
            yield refuse(f"must be a role of the OMS's account {self.account_id}", at=("role_arn",), write=role)


class OrdersSettings(Section):
    visibility_timeout_seconds: int = Field(default=180, ge=30, le=43_200)
    """Seconds that an order stays hidden while the OMS works on it. Must be at least six times the timeout of a
    consuming function; shorter, and the order is handled twice."""

    retention_days: int = Field(default=14, ge=1, le=14)
    """Days that orders wait for an OMS that is down; older orders are lost."""

    dead_letter_retention_days: int = Field(default=14, ge=1, le=14)
    """Days that failed orders are kept for redrive; at least `retention_days`."""

    max_receives: int = Field(default=5, ge=1, le=1000)
    """Failed attempts after which an order moves to the dead-letter queue. Until then it blocks the later messages of
    its group."""

    alarm_age_minutes: int = Field(default=15, ge=1)
    """Waiting time of the oldest order that raises an alarm."""

    alarm_depth: int = Field(default=1000, ge=1)
    """Waiting orders that raise an alarm."""

    oms: OmsAccount | None = None
    """Account of the OMS; without it only roles of the store's account take orders."""

    @section_rule
    def _dead_letters_last(self) -> Iterator[Refusal]:
        if self.dead_letter_retention_days < self.retention_days:
            yield refuse(
                f"must be at least `retention_days`, {self.retention_days}: otherwise orders that fail late are lost",
                at=("dead_letter_retention_days",),
                write=self.retention_days,
            )
