"""Rules of the ways to the user pool's keys and to the payment provider."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from settings.app_tier.uses import in_network
from settings.network import FirewallEgress, OpenEgress
from settings.problems import Problem
from settings.relations.reads import Egress, Nat, Services
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
def the_payment_provider_is_on_the_list(services: Services, egress: Egress) -> Iterator[Problem]:
    if not isinstance(egress, FirewallEgress):
        return
    for name, service in services.items():
        host = urlsplit(service.payment_provider or "").hostname
        if host and not any(_covers(domain, host) for domain in egress.domains):
            yield problem(
                f"app_tier.services.{name}.payment_provider",
                service.payment_provider,
                f"must have a host of `network.payment_egress.domains`: {', '.join(egress.domains)}",
                fix=f"add {host} to that list",
                edits={"network.payment_egress.domains": [*egress.domains, host]},
            )


def _covers(domain: str, host: str) -> bool:
    return host == domain or (domain.startswith(".") and host.endswith(domain))
