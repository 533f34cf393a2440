"""Third parties, and what stands in their place."""

import copy
from typing import Any

from tests.stack_files import stack_file
from tests.unit.settings.edits import SERVICES, Config, both, entry, lambda_runtime, put


def _party(config: Config, name: str) -> Any:
    """A third party of a stack file, to be put elsewhere."""
    return copy.deepcopy(config["web-store:third_parties"]["parties"][name])


def _simulated(config: Config, name: str) -> Any:
    return {**_party(config, name), "api": None, "simulated": True}


MISTAKES = {
    "stand-in beside the OMS": (
        "prod",
        entry(
            "oms",
            {
                "runtime": lambda_runtime(code="oms"),
                "domain": "orders",
                "tables": {"orders": "write"},
                "orders": "take",
                "emits": {"order.status-changed": "orders"},
            },
        ),
        f"{SERVICES}.oms.orders",
        "",
        "must have one taker: the account of the OMS",
        "leave the stand-in out",
    ),
    "OMS that calls what is not for machines": (
        "prod",
        put("orders.oms.calls", ["orders", "carts"]),
        "orders.oms.calls[1]",
        "",
        "must be a service with an `auth: iam` route: orders",
        "name one of these",
    ),
    "client of a party where there is none": (
        "prod",
        both(put("identity.machines", {}), put("orders.oms.calls", [])),
        "third_parties.parties.order-management.machine",
        "order-management",
        "must be one of `identity.machines`: there is none",
        "declare the client in `identity.machines`",
    ),
    "third party that nobody registered": (
        "prod",
        entry("payments", {"third_parties": ["paymint"]}),
        f"{SERVICES}.payments.third_parties",
        "",
        "must name parties with an `api` of `third_parties.parties`, as paymint is not: payment",
        "- payment",
    ),
    "third party that services do not call": (
        "prod",
        entry("orders", {"third_parties": ["marketing"]}),
        f"{SERVICES}.orders.third_parties",
        "",
        "must name parties with an `api`",
        "third_parties: []",
    ),
    "payment provider of a service outside the boundary": (
        "prod",
        entry("orders", {"third_parties": ["payment"]}),
        f"{SERVICES}.orders.third_parties",
        "",
        "must leave payment, of kind payment, to services with `boundary: payment`",
        "third_parties: []",
    ),
    "two payment providers": (
        "prod",
        both(
            lambda config: put("third_parties.parties.other-payment", _party(config, "payment"))(config),
            entry("payments", {"third_parties": ["payment", "other-payment"]}),
        ),
        f"{SERVICES}.payments.third_parties[1]",
        "",
        "must be left out beside payment: a service calls one party of a kind",
        "- payment",
    ),
    "a real and a simulated payment provider": (
        "dev",
        both(
            put("third_parties.parties.payment", _party(stack_file("prod"), "payment")),
            entry("payments", {"third_parties": ["payment"]}),
        ),
        f"{SERVICES}.payments.third_parties",
        "",
        "payments have one provider",
        "third_parties: []",
    ),
    "API of a party whose requests nobody declared": (
        "prod",
        lambda config: put("third_parties.parties.cms.api", _party(config, "payment")["api"])(config),
        "third_parties.parties.cms.api",
        "",
        "must be left to kinds whose requests are declared: payment",
        "api: null",
    ),
    "account of an OMS that is no third party": (
        "prod",
        lambda config: config["web-store:third_parties"]["parties"].pop("order-management"),
        "orders.oms.account_id",
        "",
        "must be of a party of `third_parties.parties` with `takes_orders: true`",
        "of kind oms",
    ),
    "party that takes orders without an account": (
        "dev",
        lambda config: config["web-store:app_tier"]["services"].pop("oms"),
        "third_parties.parties.order-management.takes_orders",
        "",
        "needs `orders.oms`, its account, or a service in its place with `orders: take`",
        "takes_orders: false",
    ),
    "two parties that take orders": (
        "dev",
        lambda config: put("third_parties.parties.oms", {**_party(config, "order-management"), "machine": None})(
            config
        ),
        "third_parties.parties.oms.takes_orders",
        "",
        "must be left to order-management: orders have one taker",
        "takes_orders: false",
    ),
    "simulated party in production": (
        "prod",
        lambda config: put("third_parties.parties.other-tax", _simulated(config, "tax"))(config),
        "third_parties.parties.other-tax.simulated",
        "",
        "profile `prod` must register real parties",
        "simulated: false",
    ),
    "simulated party of a kind that nothing simulates": (
        "dev",
        put("third_parties.parties.cms.simulated", True),
        "third_parties.parties.cms.simulated",
        "",
        "must be false for kind cms: nothing simulates it. Kinds are payment, shipping, tax",
        "simulated: false",
    ),
    "simulated party with an address": (
        "dev",
        put("third_parties.parties.tax.api", {"endpoint": "https://api.taxes.example.com/v1"}),
        "third_parties.parties.tax.simulated",
        "",
        "must be false beside `api`",
        "simulated: false",
    ),
    "two simulated parties of a kind": (
        "dev",
        lambda config: put("third_parties.parties.other-tax", _party(config, "tax"))(config),
        "third_parties.parties.other-tax.simulated",
        "",
        "must be left to tax: services call one simulated party of kind tax",
        "simulated: false",
    ),
    "writers of a feed that are no third party": (
        "prod",
        lambda config: config["web-store:third_parties"]["parties"].pop("product-information"),
        "feeds.streams.catalogue.owners",
        "",
        "must be of a party of `third_parties.parties` with `feeds: [catalogue]`",
        "Pulumi.prod.yaml has some",
    ),
    "feed that is not there": (
        "prod",
        put("third_parties.parties.product-information.feeds", ["catalogue", "prices"]),
        "third_parties.parties.product-information.feeds",
        "",
        "must name feeds of `feeds.streams`: catalogue, inventory, order-status",
        "- catalogue",
    ),
    "data class of calls that is not declared": (
        "prod",
        put("third_parties.parties.payment.data_classes", ["payment"]),
        "third_parties.parties.payment.data_classes",
        "",
        "must name operational, order, which it receives",
        "- order\n",
    ),
    "data class of orders that is not declared": (
        "prod",
        put("third_parties.parties.order-management.data_classes", ["operational", "order"]),
        "third_parties.parties.order-management.data_classes",
        "",
        "must name identity, which it receives",
        "- identity",
    ),
    "processor without an agreement": (
        "prod",
        lambda config: config["web-store:third_parties"]["parties"]["cms"]["company"].pop("agreement"),
        "third_parties.parties.cms.company.agreement",
        "",
        "must name the data processing agreement",
        "such as DPA-2026-014",
    ),
    "party without a way": (
        "prod",
        lambda config: config["web-store:third_parties"]["parties"]["supply-chain"].pop("feeds"),
        "third_parties.parties.supply-chain",
        "",
        "must have a way in or out",
        "leave the party out",
    ),
    "a firewall that lets nothing pass": (
        "prod",
        both(entry("payments", {"callers": "trusted"}), put("third_parties.parties.payment.enabled", False)),
        "network.payment_egress.domains",
        "",
        "must name a host: no payment service calls a third party that is switched on",
        "- api.payments.example.com",
    ),
    "simulated payments in production": (
        "prod",
        entry("payments", {"third_parties": [], "simulated_provider": "call"}),
        f"{SERVICES}.payments.simulated_provider",
        "",
        "profile `prod` must pay by a real provider",
        "simulated_provider: none",
    ),
    "simulated parties in production": (
        "prod",
        entry("orders", {"third_parties": [], "simulated_parties": ["tax"]}),
        f"{SERVICES}.orders.simulated_parties",
        "",
        "profile `prod` must ask real parties",
        "simulated_parties: []",
    ),
    "simulated parties that nobody serves": (
        "staging",
        entry("orders", {"third_parties": [], "simulated_parties": ["tax"]}),
        f"{SERVICES}.orders.simulated_parties",
        "",
        "must have a service `payment-provider` with `simulated_provider: serve`",
        "simulated_parties: []",
    ),
    "a simulated party twice": (
        "dev",
        entry("orders", {"simulated_parties": ["tax", "tax"]}),
        f"{SERVICES}.orders.simulated_parties",
        "",
        "must name each kind once",
        "- tax",
    ),
    "a simulated party beside a real one": (
        "dev",
        both(
            put("third_parties.parties.tax", _party(stack_file("prod"), "tax")),
            entry("orders", {"third_parties": ["tax"]}),
        ),
        f"{SERVICES}.orders.simulated_parties",
        "",
        "none of which the service calls a real party",
        "- shipping",
    ),
    "prices of parties without rates of the store's own": (
        "prod",
        entry("orders", {"checkout": False}),
        f"{SERVICES}.orders.third_parties",
        "",
        "must be left to services with `checkout: true`",
        "write `checkout: true` in the entry of orders",
    ),
    "simulated payments that nobody serves": (
        "staging",
        entry("payments", {"third_parties": [], "simulated_provider": "call"}),
        f"{SERVICES}.payments.simulated_provider",
        "",
        "must have a service `payment-provider` with `simulated_provider: serve`",
        "simulated_provider: none",
    ),
    "simulated provider of another name": (
        "dev",
        entry("inventory", {"simulated_provider": "serve"}),
        f"{SERVICES}.inventory.simulated_provider",
        "",
        "must be left to a service `payment-provider`",
        "simulated_provider: none",
    ),
    "simulated provider where addresses alone are reached": (
        "dev",
        put("network.payment_egress", {"engine": "addresses", "cidr_blocks": ["203.0.113.0/24"]}),
        f"{SERVICES}.payments.simulated_provider",
        "",
        "must be `none` with `network.payment_egress` by address or closed",
        "simulated_provider: none",
    ),
    "simulated payments of a service outside the boundary": (
        "dev",
        entry("orders", {"simulated_provider": "call"}),
        f"{SERVICES}.orders.simulated_provider",
        "",
        "must be left to services with `boundary: payment`",
        "simulated_provider: none",
    ),
}
