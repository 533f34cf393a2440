"""Section `orders`: the hand-off of orders to the order management system (OMS)."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from settings.base import Section
from settings.problems import refuse
from settings.types import ANOTHER_ACCOUNT, ONE_ENVIRONMENT, AccountId

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (ExternalId)
ExternalId = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_+=,.@:/-]+$", min_length=16, max_length=1224),
    Field(json_schema_extra={ONE_ENVIRONMENT: "an id that a partner knows"}),
]
RoleArn = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+$"),
    Field(json_schema_extra={ANOTHER_ACCOUNT: "partner"}),
]


class OmsAccount(Section):
    """The AWS account of the OMS, which takes orders through a role of the store's account."""

    account_id: Annotated[AccountId, Field(json_schema_extra={ANOTHER_ACCOUNT: "partner"})]
    """Account that may assume the role."""

    role_arn: RoleArn = Field(examples=["arn:aws:iam::333333333333:role/order-intake"])
    """Role in that account, which need not exist yet and may be made again; no other principal has access. It needs
    `sts:AssumeRole` in a policy of its own."""

    external_id: ExternalId = Field(examples=["web-store-orders-4f1c2a9b"])
    """External id that the OMS sends when it assumes the role, against the confused deputy problem; not a secret
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)."""

    calls: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")], ...] = Field(
        default=(), examples=[["orders"]]
    )
    """Services whose routes for machines (`auth: iam`) it may call, such as to report the status of orders."""

    @model_validator(mode="after")
    def _role_of_the_account(self) -> Self:
        if self.role_arn.split(":")[4] != self.account_id:
            raise refuse(f"must be a role of the OMS's account {self.account_id}", at=("role_arn",))
        return self


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

    @model_validator(mode="after")
    def _dead_letters_last(self) -> Self:
        if self.dead_letter_retention_days < self.retention_days:
            raise refuse(
                f"must be at least `retention_days`, {self.retention_days}: otherwise orders that fail late are lost",
                fix=f"dead_letter_retention_days: {self.retention_days}",
                at=("dead_letter_retention_days",),
            )
        return self
