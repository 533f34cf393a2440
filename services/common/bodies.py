"""Bodies of requests: pydantic models that take what `api/models` take; a contract test holds them equal.

The API has validated a body before a service gets it. The service validates again: other services call it past the
API, and only here rules between fields can be judged.
"""

from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from fastapi import Request
from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationError,
    model_serializer,
    model_validator,
)

from functions.common.model import Id, Model, Moment
from services.common.problems import ProblemError

_BYTES_MAX = 256 * 1024


class Body(Model):
    """Strict and closed: no unknown keys, no conversions, no null in place of a key that is left out."""

    model_config = ConfigDict(extra="forbid")

    # Before the model is made it would get values of Python, and in these a strict model takes no text for a time.
    @model_validator(mode="after")
    def _no_null(self) -> Self:
        if any(getattr(self, name) is None for name in self.model_fields_set):
            raise ValueError("null is no value: leave the key out")
        return self


class InternalBody(Body):
    """What one service sends to another: while a version rolls out, the other may be newer and tell more."""

    model_config = ConfigDict(extra="ignore")


Sku = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Text64 = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Text128 = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Pieces = Annotated[int, Field(ge=1, le=99)]
Minor = Annotated[int, Field(ge=0, le=100_000_000)]
"""An amount in the currency's smallest unit."""
PaymentToken = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=r"^[A-Za-z0-9._~+/=-]+$")]
"""What the payment provider gave the browser for the customer's means of payment."""
PaymentMethod = Literal["card", "wallet", "direct_debit", "invoice"]
ReturnUrl = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2048, pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])[^\s]+$"),
]
"""Where the payment provider sends a customer back to; without TLS on the own machine only."""


class Address(Body):
    name: Text128
    line_1: Text128
    postal_code: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    city: Text128
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    line_2: Annotated[str, StringConstraints(max_length=128)] = ""
    region: Annotated[str, StringConstraints(max_length=64)] = ""


class CustomerProfile(Body):
    given_name: Text128 = ""
    family_name: Text128 = ""
    locale: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] = ""
    phone_number: Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")] = ""

    @model_validator(mode="after")
    def _something(self) -> "CustomerProfile":
        return _not_empty(self)


class ChatMessage(Body):
    text: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    locale: Annotated[str, StringConstraints(max_length=5, pattern=r"^[a-z]{2}_[A-Z]{2}$")] | None = None


class ConsentChange(Body):
    marketing_email: bool
    marketing_sms: bool
    profiling: bool
    policy_version: Annotated[str, StringConstraints(min_length=1, max_length=32)]


class CartItem(Body):
    sku: Sku
    quantity: Pieces


class CancellationRequest(Body):
    reason: Literal["changed-mind", "ordered-by-mistake", "too-late", "other"]


Delivery = Literal["standard", "express", "pickup"]


class ShipTo(Body):
    """Of an address what its prices depend on."""

    postal_code: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    city: Text128
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    region: Annotated[str, StringConstraints(max_length=64)] = ""


class QuoteRequest(Body):
    cart_id: Text64
    delivery: Delivery
    ship_to: ShipTo | None = None


class OrderRequest(Body):
    cart_id: Text64
    delivery: Delivery
    location_id: Text64 | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    voucher_codes: (
        Annotated[
            list[Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^[A-Z0-9-]+$")]],
            Field(max_length=5),
        ]
        | None
    ) = None
    note: Annotated[str, StringConstraints(max_length=500)] = ""
    total_minor: Minor | None = None
    """What the customer was shown; an order that would cost anything else is refused."""

    @model_validator(mode="after")
    def _once(self) -> "OrderRequest":
        return _each_once(self, self.voucher_codes, "voucher_codes")

    @model_serializer(mode="wrap")
    def _as_before(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without `total_minor` as before there was one: the same request comes again over an update."""
        found = written(self)
        return found if self.total_minor is not None else {key: found[key] for key in found if key != "total_minor"}


DeliveryId = Annotated[str, StringConstraints(max_length=64, pattern=r"^delivery-[A-Za-z0-9-]{8,}$")]
"""Id under which a courier reports the positions of a delivery: `delivery-` and a random part, since AWS keeps it in
plain text."""


class OrderStatusChange(Body):
    status: Literal["accepted", "picked", "shipped", "delivered", "cancelled", "returned"]
    changed_at: Moment
    carrier: Text64 | None = None
    tracking_number: (
        Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")] | None
    ) = None
    delivery_id: DeliveryId | None = None
    reason: Annotated[str, StringConstraints(max_length=256)] = ""


class PaymentRequest(Body):
    order_id: Text64
    method: PaymentMethod
    payment_token: PaymentToken
    amount_minor: Minor
    currency: Currency
    return_url: ReturnUrl | None = None


class ReviewVerdict(Body):
    verdict: Literal["release", "refuse"]
    reviewer: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
    reason: Literal["customer-confirmed", "looks-genuine", "customer-denied", "looks-fraudulent"]


class ProviderNotice(Body):
    notice_id: Text64
    reference: Text64
    sent_at: Moment


class Attribute(Body):
    name: Text64
    value: Annotated[str, StringConstraints(max_length=256)]


class ProductView(Body):
    """A product that a customer looks at."""

    product_id: Text64


class ProductChange(Body):
    name: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None
    category: Text128 | None = None
    price_minor: Minor | None = None
    currency: Currency | None = None
    active: bool | None = None
    attributes: Annotated[list[Attribute], Field(max_length=20)] | None = None

    @model_validator(mode="after")
    def _something(self) -> "ProductChange":
        return _not_empty(self)


class ReservationLine(InternalBody):
    sku: Id
    quantity: Annotated[int, Field(ge=1, le=9_999)]


class Reservation(InternalBody):
    """Body of `POST /internal/reservations`."""

    order_id: Text64
    lines: Annotated[list[ReservationLine], Field(min_length=1, max_length=100)]


B = TypeVar("B", bound=Body)


class Json(Generic[B]):
    """Dependency of a route: its body, such as `Annotated[CartItem, Depends(Json(CartItem))]`. Comes after `Scope`, so
    that nobody learns about bodies without a token.

    Raises:
        ProblemError: 400 with what is wrong, 413 for more than 256 KiB, 415 for another media type.
    """

    def __init__(self, model: type[B]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> B:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise ProblemError(415, "the body must be application/json")
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _BYTES_MAX:
                raise ProblemError(413, f"the body must have at most {_BYTES_MAX} bytes")
        try:
            return self.model.model_validate_json(bytes(body))
        except ValidationError as error:
            problems: Any = error.errors(include_url=False, include_input=False, include_context=False)[:10]
            wrong = [
                {"at": ".".join(map(str, problem["loc"])) or "body", "must": problem["msg"]} for problem in problems
            ]
            raise ProblemError(400, "the body does not fit its model", wrong=wrong) from None


M = TypeVar("M", bound=Body)


def _not_empty(body: M) -> M:
    if not body.model_fields_set:
        raise ValueError("must have a property at least")
    return body


def _each_once(body: M, values: list[str] | None, name: str) -> M:
    if values and len(set(values)) < len(values):
        raise ValueError(f"{name} must name each once")
    return body
