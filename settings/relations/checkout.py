"""Rules of the prices and rates of the checkout."""

from collections.abc import Iterator

from settings.problems import Problem
from settings.relations.reads import OwnDeliveries, Services, Tax, ThirdParties
from settings.relations.relation import problem, relation

_RECKONED = ("shipping", "tax")


@relation
def what_is_picked_up_is_taxed_somewhere(
    services: Services, parties: ThirdParties, tax: Tax, deliveries: OwnDeliveries
) -> Iterator[Problem]:
    asks = any(
        "tax"
        in (*service.simulated_parties, *(parties[party].kind for party in service.third_parties if party in parties))
        for service in services.values()
    )
    if asks and deliveries.pickup is not None and tax.pickup is None:
        yield problem(
            "checkout.tax.pickup",
            None,
            "must name a place: a service asks a party of kind `tax`, and orders that are picked up have no address",
            fix="write country, postal code and city of the store's locations, or `checkout.deliveries.pickup: null`",
        )


@relation
def who_asks_for_prices_has_the_rates(services: Services, parties: ThirdParties) -> Iterator[Problem]:
    for label, service in services.items():
        real = [name for name in service.third_parties if name in parties and parties[name].kind in _RECKONED]
        if service.checkout or not (real or service.simulated_parties):
            continue
        setting, asked = ("third_parties", real) if real else ("simulated_parties", service.simulated_parties)
        yield problem(
            f"app_tier.services.{label}.{setting}",
            asked,
            "must be left to services with `checkout: true`, which reckon by the store's own rates while a party is"
            " switched off",
            fix=f"write `checkout: true` in the entry of {label}, or leave these out",
        )
