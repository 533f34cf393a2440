"""Rules of the ways to the user pool's keys, and out of the payment subnets."""

from collections.abc import Iterator

from settings.app_tier.uses import in_network
from settings.network import FirewallEgress, OpenEgress
from settings.problems import Problem
from settings.relations.reads import Egress, Nat, Services, ThirdParties
from settings.relations.relation import problem, relation

# The interface endpoint of Cognito serves no user pool with a domain, which the sign-in pages need
# (https://docs.aws.amazon.com/cognito/latest/developerguide/vpc-interface-endpoints.html).
_WHY = "keys of the user pool, by which a service verifies tokens, are on the internet"


@relation
def services_that_verify_tokens_reach_the_keys(services: Services, nat: Nat, egress: Egress) -> Iterator[Problem]:
    for name, service in services.items():
        if not service.verifies_tokens or not in_network(service):
            continue
        place = f"app_tier.services.{name}"
        trusted = "its callers are then those that the API let pass"
        if service.boundary == "payment":
            if isinstance(egress, OpenEgress) or (isinstance(egress, FirewallEgress) and not egress.cidr_blocks):
                continue
            yield problem(
                f"{place}.callers",
                service.callers,
                f"must be `trusted` with `network.payment_egress` by address or closed: {_WHY}, and AWS publishes no"
                f" addresses for them; {trusted}",
                "trusted",
                fix="or `network.payment_egress: {engine: network_firewall, domains: [...]}` without `cidr_blocks`,"
                " whose list gets the host of the keys by itself",
            )
        elif nat == "none":
            yield problem(
                f"{place}.callers",
                service.callers,
                f"must be `trusted` with `network.nat: none`: {_WHY}; {trusted}",
                "trusted",
                fix="or `network.nat: single`",
            )
        elif not service.runtime.reach_internet:
            yield problem(
                f"{place}.runtime.reach_internet",
                False,
                f"must be true: {_WHY}",
                True,
                fix=f"or `callers: trusted`: {trusted}",
            )


@relation
def a_firewall_lets_something_pass(services: Services, parties: ThirdParties, egress: Egress) -> Iterator[Problem]:
    inside = [service for service in services.values() if service.boundary == "payment"]
    called = [parties[name] for service in inside for name in service.third_parties if name in parties]
    listed = any(party.hosts for party in called)
    by_itself = any(service.verifies_tokens or service.simulated_provider == "call" for service in inside)
    if isinstance(egress, FirewallEgress) and not (egress.domains or listed or by_itself):
        yield problem(
            "network.payment_egress.domains",
            egress.domains,
            "must name a host: no payment service calls a third party that is switched on, and a firewall has a list",
            ["api.payments.example.com"],
            fix="or let the payment service call one, by `third_parties`",
        )
