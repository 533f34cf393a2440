"""Rules of the simulated payment provider, and of the third parties that its service simulates."""

from collections.abc import Iterator

from settings.app_tier import PROVIDER_SERVICE
from settings.network import FirewallEgress, OpenEgress
from settings.problems import Problem
from settings.relations.reads import Egress, Profile, Services, ThirdParties
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
        if profile == "prod" and service.simulated_parties:
            yield problem(
                f"app_tier.services.{name}.simulated_parties",
                service.simulated_parties,
                "profile `prod` must ask real parties, or use the rates of section `checkout`",
                [],
                fix="and name real ones in its `third_parties`",
            )


@relation
def production_has_real_parties(parties: ThirdParties, profile: Profile) -> Iterator[Problem]:
    for name, party in parties.items():
        if profile == "prod" and party.simulated:
            yield problem(
                f"third_parties.parties.{name}.simulated",
                True,
                "profile `prod` must register real parties",
                False,
                fix="and give it an `api`, as Pulumi.prod.yaml does",
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
def simulated_parties_are_served_and_take_no_place_of_real_ones(
    services: Services, parties: ThirdParties
) -> Iterator[Problem]:
    server = services.get(PROVIDER_SERVICE)
    served = server is not None and server.simulated_provider == "serve"
    for name, service in services.items():
        kinds = list(service.simulated_parties)
        real = {parties[party].kind for party in service.third_parties if party in parties}
        left = [kind for kind in dict.fromkeys(kinds) if kind not in real]
        if kinds and not served:
            yield problem(
                f"app_tier.services.{name}.simulated_parties",
                kinds,
                f"must have a service `{PROVIDER_SERVICE}` with `simulated_provider: serve`, as Pulumi.dev.yaml has it",
                [],
                fix="or copy that service with its table",
            )
        elif left != kinds:
            yield problem(
                f"app_tier.services.{name}.simulated_parties",
                kinds,
                "must name each kind once, and none of which the service calls a real party (`third_parties`)",
                left,
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
