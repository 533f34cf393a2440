"""Section `fraud`: how payments are scored, what happens to risky ones, and who reviews those that are held."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import form
from settings.legacy import LegacyEngine
from settings.problems import Refusal, refuse
from settings.table import TableSettings
from settings.types import Name, Percent, RoleArn

RuleName = Annotated[Name, Field(examples=["customer-payments"])]
Amount = Annotated[int, Field(ge=0, le=100_000_000)]
"""An amount in the currency's smallest unit."""


class _Rule(Section):
    weight: int = Field(ge=1, le=100)
    """Points that the score gets when the rule fires."""


class Velocity(_Rule):
    """Fires when there were more payments, or declined ones, than `limit` within `minutes`."""

    kind: Literal["velocity"]

    of: Literal["customer", "client", "address", "token"]
    """Whose payments are counted together: those of a customer, of a network (the first 24 bits of an IPv4 address, 56
    of IPv6), to a delivery address, or with a token of the payment provider, where it gives a card the same token
    again."""

    counted: Literal["payments", "declines"] = "payments"
    """`payments` are all that were begun, this one among them; `declines` those that the provider has declined."""

    # More would make the items of the counters large.
    limit: int = Field(ge=1, le=50)
    """Most that are no sign of fraud."""

    minutes: int = Field(ge=1, le=10_080)
    """Length of the window, which ends now."""


class HighAmount(_Rule):
    """Fires for a payment of more than `above_minor`."""

    kind: Literal["amount"]

    above_minor: Amount
    """Amount in the currency's smallest unit; other currencies are not converted."""

    first_order_only: bool = True
    """Only for customers whose orders were never paid before."""


class CountryMismatch(_Rule):
    """Fires when the countries of delivery and of billing are known and differ."""

    kind: Literal["countries"]


Rule = Annotated[Velocity | HighAmount | CountryMismatch, Field(discriminator="kind")]

_RULES: dict[str, Velocity | HighAmount | CountryMismatch] = {
    "customer-payments": Velocity(kind="velocity", of="customer", limit=5, minutes=60, weight=50),
    "customer-declines": Velocity(kind="velocity", of="customer", counted="declines", limit=3, minutes=60, weight=50),
    "client-payments": Velocity(kind="velocity", of="client", limit=20, minutes=60, weight=30),
    "client-declines": Velocity(kind="velocity", of="client", counted="declines", limit=10, minutes=60, weight=40),
    "address-payments": Velocity(kind="velocity", of="address", limit=10, minutes=1440, weight=30),
    "first-order-amount": HighAmount(kind="amount", above_minor=50_000, weight=50),
    "countries": CountryMismatch(kind="countries", weight=20),
}


class ScoringModel(Section):
    """A model behind a real-time endpoint of SageMaker AI. It gets amounts, counts and flags as JSON, no identifiers,
    and answers `{"score": <0 to 1>}` within two seconds; without its answer the rules decide alone."""

    endpoint_name: Annotated[
        str,
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html
        form(
            r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
            "an endpoint's name: letters, digits and hyphens, 63 at most",
            "payment-risk",
        ),
    ]
    """Endpoint of the account, in the home Region. Whoever trains the model makes it; it is billed by the hour."""

    weight: int = Field(default=50, ge=1, le=100)
    """Points that the score gets for an answer of 1."""


class FraudAlarms(Section):
    blocked_percent: Percent = 5
    """Share of payments that are blocked, above which an alarm goes off."""

    held_percent: Percent = 20
    """Share of payments that are held for review, above which an alarm goes off."""


class Layered(Section):
    """Rules and velocity counters in DynamoDB, and a model if there is one, behind web ACLs and the user pool's threat
    protection. Billed by requests of its tables, a KMS key and an interface endpoint for it where payments have no
    other way to AWS."""

    kind: Literal["layered"]

    review_at: int = Field(default=50, ge=1, le=1000)
    """Score from which a payment is held: the provider authorises it, and it is captured once somebody releases it."""

    block_at: int = Field(default=100, ge=1, le=1000)
    """Score from which a payment is declined before the payment provider is asked."""

    rules: dict[RuleName, Rule] = Field(default=_RULES, max_length=20)
    """Rules by name. The points of those that fire are the score; each decision lists them."""

    model: ScoringModel | None = None
    """Model whose answer adds to the score."""

    # The authorisation of a card ends after some days, by the rules of its scheme.
    hold_hours: int = Field(default=24, ge=1, le=96)
    """Hours within which a held payment must be reviewed; then the authorisation is voided and the order cancelled.
    Until then the order keeps its stock."""

    hold_unscored_above_minor: Amount | None = 10_000
    """When a payment cannot be scored, it is held if its amount, in the currency's smallest unit, is above this;
    null holds none."""

    keep_days: int = Field(default=180, ge=1, le=730)
    """Days that decisions are kept, with their reasons: long enough for the chargebacks of a card."""

    decisions: TableSettings = TableSettings()
    """The table of decisions."""

    counters: TableSettings = TableSettings(recovery_days=1)
    """The table of counters, whose items live as long as two windows of their rule."""

    alarms: FraudAlarms = FraudAlarms()
    """When its alarms go off."""

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Interface endpoints that its users need where they have no other way to AWS."""
        return ("kms", *(("sagemaker.runtime",) if self.model else ()))

    @section_rule
    def _blocks_above_review(self) -> Iterator[Refusal]:
        if self.block_at <= self.review_at:
            yield refuse(
                f"must be above `review_at`, {self.review_at}: otherwise no payment is held",
                at=("block_at",),
                write=self.review_at + 1,
            )

    @section_rule
    def _something_can_fire(self) -> Iterator[Refusal]:
        most = sum(rule.weight for rule in self.rules.values()) + (self.model.weight if self.model else 0)
        if most < self.review_at:
            yield refuse(
                f"must be at most {most}, the points of all rules and the model together: no payment could be held",
                at=("review_at",),
                write=max(1, most),
                fix="or add rules",
            )


# https://docs.aws.amazon.com/frauddetector/latest/api/API_GetEventPrediction.html
DetectorName = Annotated[
    str, form(r"^[0-9a-z_-]{1,64}$", "a name of Fraud Detector: small letters, digits, - and _", "payments")
]
DetectorVersion = Annotated[str, form(r"^[1-9]\d{0,4}$", "a version: a number from 1 on", "3")]
Feature = Literal["amount_minor", "first_order", "countries_differ"]


class Detector(Section):
    """A detector that the account has, in the home Region, with an active version."""

    name: DetectorName
    """Detector; whoever trained it keeps its versions."""

    version: DetectorVersion
    """Version that is asked; moving on is a change of this setting."""

    event_type: DetectorName
    """Its event type."""

    entity_type: DetectorName = "customer"
    """Type of the entity, which is the customer as a keyed hash."""

    variables: dict[DetectorName, Feature] = Field(
        min_length=1, examples=[{"order_price": "amount_minor", "is_new_customer": "first_order"}]
    )
    """Event variables, and what each gets: the amount in the currency's smallest unit, whether it is the customer's
    first order, whether the countries of delivery and billing differ. Flags are `true` or `false`; what is
    unknown is left out. Nothing else of a payment is sent."""

    outcomes: dict[DetectorName, Literal["approve", "review", "block"]] = Field(
        min_length=1, examples=[{"ok": "approve", "verify_customer": "review", "stop": "block"}]
    )
    """Outcomes of its rules, and what each does with the payment; the strictest counts. With an outcome that is not
    here the store's own rules decide."""

    @section_rule
    def _something_is_always_known(self) -> Iterator[Refusal]:
        if "amount_minor" not in self.variables.values():
            yield refuse(
                "must have a variable with `amount_minor`: the others may be unknown, and AWS refuses a prediction"
                " without any variable",
                fix="add the event variable of the amount, such as {order_price: amount_minor}",
                at=("variables",),
            )


class FraudDetectorLegacy(LegacyEngine, Layered):
    """A detector of Amazon Fraud Detector that the account already has decides; where it does not answer, the rules of
    `layered` do, whose settings this engine has too. AWS bills each prediction."""

    SERVICE = "Amazon Fraud Detector"
    SUCCESSOR = "layered"

    kind: Literal["fraud-detector-legacy"]  # pyright: ignore[reportIncompatibleVariableOverride]

    detector: Detector
    """The detector."""

    @property
    def endpoints(self) -> tuple[str, ...]:
        return (*super().endpoints, "frauddetector")


class NoScoring(Section):
    """No payment is scored: all are approved. Payments that are held when scoring is switched off stay until they are
    reviewed, or until their time is over."""

    kind: Literal["off"]

    @property
    def endpoints(self) -> tuple[str, ...]:
        return ()


class FraudSettings(Section):
    engine: Annotated[Layered | FraudDetectorLegacy | NoScoring, Field(discriminator="kind")] = Layered(kind="layered")
    """What scores payments; `{kind: "off"}` scores none."""

    reviewers: tuple[RoleArn, ...] = Field(default=(), examples=[["arn:aws:iam::111111111111:role/store-support"]])
    """Roles of staff, of any account, that may assume the role of reviewers, which lists held payments and releases or
    refuses them by the API. They need `sts:AssumeRole` in a policy of their own. Without any nobody can, and held
    payments end after `hold_hours`."""

    @section_rule
    def _each_once(self) -> Iterator[Refusal]:
        for position, role in enumerate(self.reviewers):
            if role in self.reviewers[:position]:
                yield refuse(
                    "must name each role once; this is the second time",
                    at=("reviewers", position),
                    edits={("reviewers",): list(dict.fromkeys(self.reviewers))},
                )
