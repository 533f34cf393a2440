"""Section `orders`: the hand-off of orders to the order management system (OMS)."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from settings.base import Section
from settings.problems import refuse
from settings.types import AccountId

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (ExternalId)
ExternalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+=,.@:/-]+$", min_length=16, max_length=1224)]
RoleArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+$")]


class OmsAccount(Section):
    """The AWS account of the OMS, which takes orders through a role of the store's account."""

    account_id: AccountId
    """Account that may assume the role."""

    role_arn: RoleArn = Field(examples=["arn:aws:iam::333333333333:role/order-intake"])
    """Role in that account; no other of its principals is let in."""

    external_id: ExternalId = Field(examples=["web-store-orders-4f1c2a9b"])
    """Name by which the OMS says whose orders it asks for, so that nobody else can make it fetch them; not a secret
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)."""

    calls: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")], ...] = Field(
        default=(), examples=[["orders"]]
    )
    """Services whose routes for machines (`auth: iam`) it may call, such as to tell the status of orders."""

    @model_validator(mode="after")
    def _role_of_the_account(self) -> Self:
        if self.role_arn.split(":")[4] != self.account_id:
            raise refuse(f"must be a role of the OMS's account {self.account_id}", at=("role_arn",))
        return self


class OrdersSettings(Section):
    visibility_timeout_seconds: int = Field(default=180, ge=30, le=43_200)
    """Seconds that an order stays hidden while the OMS works on it. Too short, and it is handled twice: six times the
    timeout of a consuming function."""

    retention_days: int = Field(default=14, ge=1, le=14)
    """Days that orders wait for an OMS that is down; what is older is lost."""

    dead_letter_retention_days: int = Field(default=14, ge=1, le=14)
    """Days that orders which the OMS could not take are kept for redrive; not fewer than `retention_days`."""

    max_receives: int = Field(default=5, ge=1, le=1000)
    """Failed attempts after which an order moves to the dead-letter queue. Until then it holds up the later messages of
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
                f"must be {self.retention_days} or more, as long as `retention_days`: a late failure would be lost",
                fix=f"dead_letter_retention_days: {self.retention_days}",
                at=("dead_letter_retention_days",),
            )
        return self
