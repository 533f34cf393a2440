"""The store's own prices of delivery and rates of tax, from `STORE_CHECKOUT` (section `checkout` of the settings)."""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Literal

from pydantic import Field

from functions.common import names
from functions.common.model import Model
from services.common.bodies import Delivery, ShipTo
from services.common.settings import optional

_ONE = Decimal(1)


class Deliveries(Model):
    """Currency to price in its smallest unit; empty is free in every currency, None is not offered."""

    standard: dict[str, int] | None = Field(default_factory=dict)
    express: dict[str, int] | None = Field(default_factory=dict)
    pickup: dict[str, int] | None = Field(default_factory=dict)


class Tax(Model):
    included: bool = True
    rates: dict[str, Decimal] = Field(default_factory=dict)
    """Country to percent."""
    pickup: ShipTo | None = None
    """Place at which orders that are picked up are taxed."""

    def of(self, amount_minor: int, percent: Decimal) -> int:
        """Tax of an amount, half a unit rounded up: contained in it, or to be added."""
        base = 100 + percent if self.included else Decimal(100)
        return int((amount_minor * percent / base).quantize(_ONE, ROUND_HALF_UP))


class Rates(Model):
    """Without the variable delivery is free, and prices contain taxes that nobody reckons."""

    unanswered: Literal["refuse", "rates"] = "refuse"
    """What a party that does not answer does to a checkout."""
    deliveries: Deliveries = Deliveries()
    tax: Tax = Tax()

    def prices(self, currency: str) -> dict[Delivery, int]:
        """Deliveries that are offered in a currency."""
        offered: dict[Delivery, dict[str, int] | None] = {
            "standard": self.deliveries.standard,
            "express": self.deliveries.express,
            "pickup": self.deliveries.pickup,
        }
        return {
            delivery: prices.get(currency, 0)
            for delivery, prices in offered.items()
            if prices is not None and (not prices or currency in prices)
        }


def rates() -> Rates:
    """
    Raises:
        ValidationError: the variable is not what the program writes.
    """
    return _read(optional(names.CHECKOUT) or "{}")


@cache
def _read(text: str) -> Rates:
    return Rates.model_validate_json(text)
