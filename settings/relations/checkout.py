"""Rules of the prices and rates of the checkout."""

from collections.abc import Iterator

from settings.problems import Problem
from settings.relations.reads import OwnDeliveries, Services, Stores, Tax, ThirdParties
from settings.relations.relation import problem, relation

_RECKONED = ("shipping", "tax")


@relation
def what_is_picked_up_is_taxed_somewhere(
    services: Services, parties: ThirdParties, tax: Tax, deliveries: OwnDeliveries
) -> Iterator[Problem]:
    if _asked("tax", services, parties) and deliveries.pickup is not None and tax.pickup is None:
        yield problem(
            "checkout.tax.pickup",
            None,
            "must name a place: a service asks a party of kind `tax`, and orders that are picked up have no address",
            fix="write country, postal code and city of the store's locations, or `checkout.deliveries.pickup: null`",
        )


@relation
def what_is_picked_up_is_taxed_where_it_is(tax: Tax, deliveries: OwnDeliveries, stores: Stores) -> Iterator[Problem]:
    countries = sorted({store.country for store in stores.values() if "pickup" in store.services})
    if deliveries.pickup is None or tax.pickup is None or not countries or countries == [tax.pickup.country]:
        return
    if len(countries) > 1:
        names = sorted(name for name, store in stores.items() if "pickup" in store.services)
        yield problem(
            "location.stores",
            names,
            f"must have `pickup` in one country, not in {', '.join(countries)}: `checkout.tax.pickup` is one place",
            fix="take `pickup` out of the `services` of the stores of other countries",
        )
        return
    yield problem(
        "checkout.tax.pickup.country",
        tax.pickup.country,
        f"must be {countries[0]}, the country of the stores of `location.stores` where orders are picked up",
        countries[0],
    )


@relation
def deliveries_have_prices_beside_a_party(
    services: Services, parties: ThirdParties, deliveries: OwnDeliveries
) -> Iterator[Problem]:
    if not _asked("shipping", services, parties):
        return
    for name, prices in (("standard", deliveries.standard), ("express", deliveries.express)):
        if prices == {}:
            yield problem(
                f"checkout.deliveries.{name}",
                prices,
                "must have a price: a service asks a party of kind `shipping`, and while that is switched off or does"
                " not answer, the delivery would be given away",
                {"EUR": 490},
                fix="or `{EUR: 0}` if it is free, or `null` if the store does not offer it",
            )


def _asked(kind: str, services: Services, parties: ThirdParties) -> bool:
    """Whether a service asks a party of this kind, simulated or not."""
    return any(
        kind
        in (*service.simulated_parties, *(parties[party].kind for party in service.third_parties if party in parties))
        for service in services.values()
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
