"""Section `checkout`: the store's own prices of delivery and rates of tax."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import form
from settings.geography import CountryCode
from settings.problems import Refusal, refuse

# ISO 4217.
Currency = Annotated[str, form(r"^[A-Z]{3}$", "three capital letters, as ISO 4217 has it", "EUR")]
Price = Annotated[int, Field(ge=0, le=1_000_000)]
Percent = Annotated[float, Field(ge=0, le=50)]
"""Of tax; the highest rates of value added tax are below 30."""


class Deliveries(Section):
    """Ways to deliver: price by currency, in its smallest unit. `{}` is free in every currency; with prices, customers
    with a cart in another currency are not offered it; `null` is offered to nobody."""

    standard: dict[Currency, Price] | None = Field(default={}, examples=[{"EUR": 490}])
    """Standard delivery. A third party of kind `shipping` that the service calls has its own price in place of it."""

    express: dict[Currency, Price] | None = Field(default={}, examples=[{"EUR": 990}])
    """Express delivery; likewise."""

    pickup: dict[Currency, Price] | None = Field(default={}, examples=[{"EUR": 0}])
    """Picked up at a location of the store; no third party has a price for it."""

    @section_rule
    def _something_is_offered(self) -> Iterator[Refusal]:
        if self.standard is None and self.express is None and self.pickup is None:
            yield refuse("must offer a way to deliver: nobody could order", at=("standard",), write={})


class Place(Section):
    """A place as far as taxes depend on it."""

    country: CountryCode
    """Country."""

    postal_code: str = Field(min_length=1, max_length=16, examples=["10115"])
    """Postal code."""

    city: str = Field(min_length=1, max_length=128, examples=["Berlin"])
    """City."""

    region: str = Field(default="", max_length=64)
    """State or province, where taxes depend on it."""


class TaxSettings(Section):
    """How taxes are part of what customers pay."""

    included: bool = True
    """True: prices contain the tax, as shops in Europe must show them
    (https://eur-lex.europa.eu/eli/dir/1998/6/oj), and the total does not depend on it. False: it is added."""

    rates: dict[CountryCode, Percent] = Field(default={}, examples=[{"DE": 19}])
    """Country that an order goes to, to the percent of tax on articles and delivery, where no third party of kind `tax`
    reckons it. For a country without a rate no tax is told with `included: true`; with `included: false` nothing is
    delivered there."""

    pickup: Place | None = None
    """Place at which orders that are picked up are taxed."""

    @section_rule
    def _added_taxes_have_rates(self) -> Iterator[Refusal]:
        if not self.included and not self.rates:
            yield refuse(
                "must have a rate at least with `included: false`: while no third party reckons taxes, nothing could"
                " be ordered",
                fix="write the rates of the countries that the store delivers to, such as {US: 8.875}",
                at=("rates",),
            )

    @section_rule
    def _what_is_picked_up_has_a_rate(self) -> Iterator[Refusal]:
        if not self.included and self.pickup is not None and self.pickup.country not in self.rates:
            yield refuse(
                f"must have the rate of {self.pickup.country} with `included: false`: what is picked up there could not"
                " be ordered while no third party reckons taxes",
                fix=f"write it, such as {{{self.pickup.country}: 8.875}}",
                at=("rates",),
            )

    @section_rule
    def _what_is_picked_up_is_taxed_somewhere(self) -> Iterator[Refusal]:
        if self.rates and self.pickup is None:
            yield refuse(
                "must be named beside `rates`: orders that are picked up have no address",
                fix="write the country, postal code and city of the store's locations",
                at=("pickup",),
            )


class CheckoutSettings(Section):
    unanswered: Literal["refuse", "rates"] = "refuse"
    """What happens to a checkout whose third party of kind `shipping` or `tax` does not answer: `refuse` it, with the
    request to try again; or go on by the `rates` of this section. The customer then pays the total that was shown, the
    order names the amount as `estimated`, and the store bears a difference. A third party that is switched off
    (`enabled: false`) does not count as one that does not answer: these rates are the store's prices then."""

    deliveries: Deliveries = Deliveries()
    """What the store offers, and its own prices. As it is by default, every delivery is free."""

    tax: TaxSettings = TaxSettings()
    """Taxes. As they are by default, prices contain them, and nobody reckons them."""
