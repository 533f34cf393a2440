"""Bodies that the simulated provider takes from the store."""

from typing import Annotated

from pydantic import Field

from services.common.bodies import (
    Body,
    Currency,
    Minor,
    PaymentMethod,
    PaymentToken,
    Pieces,
    ReturnUrl,
    ShipTo,
    Sku,
    Text64,
)


class ChargeRequest(Body):
    reference: Text64
    order_id: Text64
    token: PaymentToken
    method: PaymentMethod
    amount_minor: Minor
    currency: Currency
    return_url: ReturnUrl | None = None


class ChargeRefund(Body):
    refund_id: Text64
    amount_minor: Minor


class EmptyObject(Body):
    pass


class DeliveryOptionsRequest(Body):
    ship_to: ShipTo
    pieces: Annotated[int, Field(ge=1, le=9_900)]
    goods_minor: Minor
    currency: Currency


class TaxedLine(Body):
    sku: Sku
    quantity: Pieces
    amount_minor: Minor


class TaxRequest(Body):
    ship_to: ShipTo
    currency: Currency
    included: bool
    lines: Annotated[list[TaxedLine], Field(min_length=1, max_length=100)]
    delivery_minor: Minor
