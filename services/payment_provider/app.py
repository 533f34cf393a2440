"""Service `payment-provider`: the simulated provider of an environment, in front of table `charges`."""

from functools import cache

from fastapi import FastAPI

from functions.common import names
from services.common.app import make, reads
from services.common.settings import optional, setting
from services.payment_provider.notices import by_http
from services.payment_provider.server import LATE_SECONDS, Simulation, for_tests, routes
from services.payment_provider.shelves import TABLE, Table

PATH = "/api/payment-provider"
"""Where the API has it."""
_NOTICES = "/api/payments/notices"
_OPEN_TO_TESTS = "STORE_PROVIDER_OPEN_TO_TESTS"
"""Variable, `true` on a developer's machine only: whoever reaches the port may list charges and pay invoices."""


def _deployed() -> Simulation:
    """
    Raises:
        LookupError: a variable is not set.
    """
    store = setting(names.STORE_URL).rstrip("/")
    send, key = by_http(store + _NOTICES), setting(names.PAYMENT_PROVIDER_KEY)
    return Simulation.on(Table(), store + PATH, send, key=key, late_seconds=LATE_SECONDS)


def app() -> FastAPI:
    simulation = cache(_deployed)
    routers = {PATH: routes(simulation)}
    if optional(_OPEN_TO_TESTS) == "true":
        routers["/admin"] = for_tests(simulation)
    ready = {"table charges": reads(TABLE, reference="-"), "variables": simulation}
    return make("payment-provider", routers, ready=ready)
