"""What a cart costs with delivery and tax.

The parties of kind `shipping` and `tax` reckon it, or the store's own rates where there is none, or it is switched off.
A party that does not answer, or not sensibly, ends the checkout with 503; a store whose settings say
`unanswered: rates` goes on by its own rates, and marks the amount as estimated. In no case is a customer charged
anything but the total of the quote, which is also the order's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.common.bodies import Delivery, ShipTo
from services.common.problems import ProblemError, conflict, unavailable
from services.orders.order import Line
from services.orders.party import PartyError, RequestRefusedError, party
from services.orders.priced import delivery_prices, reckoned
from services.orders.rates import Rates, rates


@dataclass(frozen=True)
class Taxes:
    lines: tuple[int, ...]
    """Of each line, in their order."""
    delivery: int

    @property
    def total_minor(self) -> int:
        return sum(self.lines) + self.delivery


@dataclass(frozen=True)
class Quote:
    currency: str
    delivery: Delivery
    deliveries: dict[Delivery, int]
    """Price of each way to deliver that is offered there."""
    goods_minor: int
    taxes: Taxes | None
    """None where nobody reckons them; prices contain them then."""
    included: bool
    """Prices contain the taxes."""
    estimated: tuple[str, ...]
    """`delivery` and `tax`, where the party did not answer."""

    @property
    def delivery_minor(self) -> int:
        return self.deliveries[self.delivery]

    @property
    def tax_minor(self) -> int:
        """Taxes that are added to prices."""
        return 0 if self.included or self.taxes is None else self.taxes.total_minor

    @property
    def total_minor(self) -> int:
        return self.goods_minor + self.delivery_minor + self.tax_minor

    @property
    def amounts(self) -> dict[str, Any]:
        """What the order keeps of it."""
        contained = {"included_tax_minor": self.taxes.total_minor} if self.included and self.taxes else {}
        return {
            "goods_minor": self.goods_minor,
            "delivery_minor": self.delivery_minor,
            "tax_minor": self.tax_minor,
            **contained,
            **({"estimated": list(self.estimated)} if self.estimated else {}),
            "total_minor": self.total_minor,
        }

    def taxed(self, lines: Sequence[Line]) -> list[Line]:
        """The lines with their taxes."""
        if self.taxes is None:
            return list(lines)
        return [line.taxed(tax) for line, tax in zip(lines, self.taxes.lines, strict=True)]

    def document(self) -> dict[str, Any]:
        deliveries = [{"delivery": name, "price_minor": price} for name, price in self.deliveries.items()]
        return {"currency": self.currency, "delivery": self.delivery, **self.amounts, "deliveries": deliveries}


def quote(lines: Sequence[Line], currency: str, delivery: Delivery, ship_to: ShipTo | None) -> Quote:
    """
    Args:
        ship_to: Where it goes, unless it is picked up.

    Raises:
        ProblemError: 409 `delivery-not-offered`; 409 `address-refused`, a party knows no such place; or 503, a party
            does not answer.
    """
    own = rates()
    deliveries, delivery_guessed = _deliveries(own, lines, currency, delivery, ship_to)
    if delivery not in deliveries:
        raise _not_offered(deliveries)
    place = own.tax.pickup if delivery == "pickup" else ship_to
    taxes, tax_guessed = _taxes(own, lines, currency, deliveries, delivery, place)
    guessed = {"delivery": delivery_guessed, "tax": tax_guessed}
    return Quote(
        currency=currency,
        delivery=delivery,
        deliveries=deliveries,
        goods_minor=sum(line.total_minor for line in lines),
        taxes=taxes,
        included=own.tax.included,
        estimated=tuple(name for name, is_so in guessed.items() if is_so),
    )


def _deliveries(
    own: Rates, lines: Sequence[Line], currency: str, delivery: Delivery, ship_to: ShipTo | None
) -> tuple[dict[Delivery, int], bool]:
    """Price of each delivery, and whether it is guessed."""
    offered = own.prices(currency)
    asked = party("shipping")
    if asked is None:
        return offered, False
    if ship_to is None or delivery == "pickup":  # waits for no carrier, and so shows no prices of one
        return {name: price for name, price in offered.items() if name == "pickup"}, False
    try:
        priced = delivery_prices(asked, ship_to, lines, currency)
    except RequestRefusedError:
        raise _refused_address() from None
    except PartyError:
        if own.unanswered == "refuse":
            raise unavailable("the party that prices deliveries") from None
        return offered, True
    # The table says what the store offers, the party what it costs; what is picked up has the store's own price.
    found: dict[Delivery, int] = {name: priced[name] for name in offered if name in priced}
    if "pickup" in offered:
        found["pickup"] = offered["pickup"]
    return found, False


def _taxes(
    own: Rates,
    lines: Sequence[Line],
    currency: str,
    deliveries: dict[Delivery, int],
    delivery: Delivery,
    place: ShipTo | None,
) -> tuple[Taxes | None, bool]:
    """The taxes, and whether they are guessed."""
    delivery_minor, asked = deliveries[delivery], party("tax")
    others: dict[Delivery, int] = {name: price for name, price in deliveries.items() if name != delivery}
    if asked is None:
        if _lacks_rate(own, place):
            kept: dict[Delivery, int] = {name: price for name, price in others.items() if name == "pickup"}
            raise _not_offered(kept)
        return _by_rates(own, lines, delivery_minor, place), False
    if place is None:
        raise _not_offered(others)
    try:
        of_lines, of_delivery = reckoned(
            asked, place, lines, currency=currency, delivery_minor=delivery_minor, included=own.tax.included
        )
    except RequestRefusedError:
        raise _refused_address() from None
    except PartyError:
        if own.unanswered == "refuse" or _lacks_rate(own, place):
            raise unavailable("the party that reckons taxes") from None
        return _by_rates(own, lines, delivery_minor, place), True
    return Taxes(of_lines, of_delivery), False


def _lacks_rate(own: Rates, place: ShipTo | None) -> bool:
    """Taxes are added there, and the store does not know which: the total would lack them."""
    return not own.tax.included and (place is None or place.country not in own.tax.rates)


def _by_rates(own: Rates, lines: Sequence[Line], delivery_minor: int, place: ShipTo | None) -> Taxes | None:
    percent = None if place is None else own.tax.rates.get(place.country)
    if percent is None:
        return None
    return Taxes(tuple(own.tax.of(line.total_minor, percent) for line in lines), own.tax.of(delivery_minor, percent))


def _refused_address() -> ProblemError:
    return conflict("address-refused", "there is no such place for those who deliver or reckon taxes; correct it")


def _not_offered(deliveries: dict[Delivery, int]) -> ProblemError:
    others = [{"delivery": name, "price_minor": price} for name, price in deliveries.items()]
    return conflict(
        "delivery-not-offered", "the order cannot be delivered there in this way; choose another", deliveries=others
    )
