"""Every rule between settings: a module for each thing that rules are about."""

from types import ModuleType

from settings.relations import (
    accounts,
    api,
    backup,
    chat,
    checkout,
    closed_paths,
    dns,
    endpoints,
    engagement,
    environment,
    feeds,
    fraud,
    identity,
    images,
    limits,
    microservices,
    network,
    personalization,
    search,
    simulation,
    start_up,
    storefront,
    third_parties,
    tokens,
    uses,
)
from settings.relations.production import PRODUCTION
from settings.relations.relation import Relation
from settings.relations.retention import RETENTION


def _of(*modules: ModuleType) -> tuple[Relation, ...]:
    return tuple(value for module in modules for value in vars(module).values() if isinstance(value, Relation))


RULES: tuple[Relation, ...] = (
    *_of(
        environment,
        network,
        endpoints,
        dns,
        closed_paths,
        identity,
        third_parties,
        feeds,
        search,
        fraud,
        chat,
        personalization,
        checkout,
        engagement,
        backup,
        microservices,
        uses,
        tokens,
        simulation,
        start_up,
        images,
        storefront,
        limits,
        api,
    ),
    *PRODUCTION,
    *RETENTION,
    *_of(accounts),
)
