"""What the parties of kind `shipping` and `tax` are asked, and what of their answers is believed."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from functions.common.log import logger
from functions.common.model import Model
from services.common.bodies import Currency, Delivery, Minor, ShipTo, Text64
from services.orders.order import Line
from services.orders.party import Party, PartyError

_SENT: dict[str, Delivery] = {"standard": "standard", "express": "express"}


class _Option(Model):
    option: Text64
    price_minor: Minor


class _Options(Model):
    currency: Currency
    options: Annotated[list[_Option], Field(max_length=20)]


class _LineTax(Model):
    sku: Text64
    tax_minor: Minor


class _Taxes(Model):
    currency: Currency
    lines: list[_LineTax]
    delivery_tax_minor: Minor


def delivery_prices(asked: Party, ship_to: ShipTo, lines: Sequence[Line], currency: str) -> dict[Delivery, int]:
    """Prices of the ways that the store has, among those that the party offers.

    Raises:
        PartyError: no answer, or one that cannot be right.
        RequestRefusedError: the party knows no such place.
    """
    request = {
        "ship_to": _place(ship_to),
        "pieces": sum(line.quantity for line in lines),
        "goods_minor": sum(line.total_minor for line in lines),
        "currency": currency,
    }
    answer = asked.ask("/delivery-options", request, _Options)
    names = [option.option for option in answer.options]
    if answer.currency != currency:
        raise _unbelievable(asked, "another currency")
    if len(set(names)) < len(names):
        raise _unbelievable(asked, "two prices for one option")
    return {_SENT[option.option]: option.price_minor for option in answer.options if option.option in _SENT}


def reckoned(
    asked: Party, ship_to: ShipTo, lines: Sequence[Line], *, currency: str, delivery_minor: int, included: bool
) -> tuple[tuple[int, ...], int]:
    """Taxes of the lines and of the delivery.

    Args:
        included: Prices contain the taxes.

    Raises:
        PartyError: no answer, or one that cannot be right: a tax is never more than what is taxed.
        RequestRefusedError: the party knows no such place.
    """
    request = {
        "ship_to": _place(ship_to),
        "currency": currency,
        "included": included,
        "lines": [{"sku": line.sku, "quantity": line.quantity, "amount_minor": line.total_minor} for line in lines],
        "delivery_minor": delivery_minor,
    }
    answer = asked.ask("/taxes", request, _Taxes)
    if answer.currency != currency:
        raise _unbelievable(asked, "another currency")
    if [line.sku for line in answer.lines] != [line.sku for line in lines]:
        raise _unbelievable(asked, "other lines")
    taxed = [*zip((line.tax_minor for line in answer.lines), (line.total_minor for line in lines), strict=True)]
    if any(tax > amount for tax, amount in (*taxed, (answer.delivery_tax_minor, delivery_minor))):
        raise _unbelievable(asked, "more tax than price")
    return tuple(tax for tax, _ in taxed), answer.delivery_tax_minor


def _place(ship_to: ShipTo) -> dict[str, Any]:
    return ship_to.model_dump(exclude_defaults=True)


def _unbelievable(asked: Party, why: str) -> PartyError:
    logger.error("answer of party cannot be right", extra={"party": asked.kind, "cause": why})
    return PartyError(why)
