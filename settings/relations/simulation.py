"""Rules of the simulated payment provider."""

from collections.abc import Iterator

from settings.app_tier import PROVIDER_SERVICE
from settings.network import FirewallEgress, OpenEgress
from settings.problems import Problem
from settings.relations.reads import Egress, Profile, Services
from settings.relations.relation import problem, relation


@relation
def production_takes_money(services: Services, profile: Profile) -> Iterator[Problem]:
    for name, service in services.items():
        if profile == "prod" and service.simulated_provider != "none":
            yield problem(
                f"app_tier.services.{name}.simulated_provider",
                service.simulated_provider,
                "profile `prod` must pay by a real provider: the simulated one approves payments without money",
                "none",
                fix="for a payment service, and name a real one in its `third_parties`; leave out the service that"
                " serves it",
            )


@relation
def a_simulated_provider_is_served(services: Services) -> Iterator[Problem]:
    server = services.get(PROVIDER_SERVICE)
    served = server is not None and server.simulated_provider == "serve"
    for name, service in services.items():
        if service.simulated_provider == "call" and not served:
            yield problem(
                f"app_tier.services.{name}.simulated_provider",
                "call",
                f"must have a service `{PROVIDER_SERVICE}` with `simulated_provider: serve`, as Pulumi.dev.yaml has it",
                "none",
                fix="and name a real one in its `third_parties`; or copy that service with its table",
            )
        elif service.simulated_provider == "serve" and name != PROVIDER_SERVICE:
            yield problem(
                f"app_tier.services.{name}.simulated_provider",
                "serve",
                f"must be left to a service `{PROVIDER_SERVICE}`: its code answers below that path",
                "none",
                fix=f"or rename the service to `{PROVIDER_SERVICE}`",
            )


@relation
def a_simulated_provider_is_within_reach(services: Services, egress: Egress) -> Iterator[Problem]:
    by_name = isinstance(egress, OpenEgress) or (isinstance(egress, FirewallEgress) and not egress.cidr_blocks)
    for name, service in services.items():
        if service.simulated_provider == "call" and service.boundary == "payment" and not by_name:
            yield problem(
                f"app_tier.services.{name}.simulated_provider",
                "call",
                "must be `none` with `network.payment_egress` by address or closed: the simulated provider is at the"
                " store's own address, and AWS publishes no lasting ones of CloudFront",
                "none",
                fix="or `network.payment_egress: {engine: open}`",
            )
