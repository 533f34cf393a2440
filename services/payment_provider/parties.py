"""Simulated parties of kind `shipping` and `tax`: they reckon from the request alone, and keep nothing.

The postal code decides what goes wrong, as the token does with payments.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from threading import Event
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from services.common.bodies import Json
from services.common.problems import ProblemError
from services.payment_provider.bodies import DeliveryOptionsRequest, TaxRequest

NOWHERE, DOWN, LATE = "00000", "00503", "00408"
"""Postal codes: nothing is delivered there; an error of the party; an answer after the store has given up."""
_STANDARD_MINOR, _EXPRESS_MINOR, _PIECE_MINOR = 490, 990, 50
_FREE_FROM_MINOR = 10_000
_PERCENT = {"AT": 20, "DE": 19, "FR": 20, "GB": 20, "IE": 23, "IT": 22, "NL": 21, "US": Decimal("8.875")}
_OTHERS_PERCENT = 21


def routes(late_seconds: Callable[[], float]) -> APIRouter:
    router = APIRouter()

    def judged(postal_code: str) -> None:
        if postal_code == DOWN:
            raise ProblemError(503, "this postal code stands for a party that is down")
        if postal_code == LATE:
            Event().wait(late_seconds())

    @router.post("/shipping/delivery-options")
    def options(request: Annotated[DeliveryOptionsRequest, Depends(Json(DeliveryOptionsRequest))]) -> dict[str, Any]:
        judged(request.ship_to.postal_code)
        return {"currency": request.currency, "options": _options(request)}

    @router.post("/tax/taxes")
    def taxes(request: Annotated[TaxRequest, Depends(Json(TaxRequest))]) -> dict[str, Any]:
        judged(request.ship_to.postal_code)
        percent = Decimal(_PERCENT.get(request.ship_to.country, _OTHERS_PERCENT))
        base = 100 + percent if request.included else Decimal(100)

        def tax(amount_minor: int) -> int:
            return int((amount_minor * percent / base).quantize(Decimal(1), ROUND_HALF_UP))

        lines = [{"sku": line.sku, "tax_minor": tax(line.amount_minor)} for line in request.lines]
        return {"currency": request.currency, "lines": lines, "delivery_tax_minor": tax(request.delivery_minor)}

    return router


def _options(request: DeliveryOptionsRequest) -> list[dict[str, Any]]:
    if request.ship_to.postal_code == NOWHERE:
        return []
    more = _PIECE_MINOR * (request.pieces - 1)
    standard = 0 if request.goods_minor >= _FREE_FROM_MINOR else _STANDARD_MINOR + more
    return [
        {"option": "standard", "price_minor": standard},
        {"option": "express", "price_minor": _EXPRESS_MINOR + more},
    ]
