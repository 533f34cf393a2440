"""Rules of interface endpoints: those that are used, and no others."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from settings.app_tier import DiscoverySettings
from settings.app_tier.microservice import Microservice
from settings.chat import LexBot, NoChat
from settings.fraud import Layered, NoScoring
from settings.interface_endpoints import FEEDS, WEB, used_endpoints
from settings.network import OpenEgress, PaymentEgress
from settings.problems import Problem
from settings.relations.reads import Egress, Endpoints, Engine, Nat, Profile, Services, Traced, WebService
from settings.relations.relation import Reads, problem, relation

_STRICT = ("staging", "prod")


@relation
def endpoints_are_those_that_are_used(
    profile: Profile,
    nat: Nat,
    egress: Egress,
    endpoints: Endpoints,
    services: Services,
    web: WebService,
    engine: Engine,
    discovery: Annotated[DiscoverySettings, Reads("app_tier.discovery")],
    traced: Traced,
    fraud: Annotated[Layered | NoScoring, Reads("fraud.engine")],
    chat: Annotated[LexBot | NoChat, Reads("chat.engine")],
) -> Iterator[Problem]:
    if endpoints is None:
        return
    used = used_endpoints(
        services,
        web,
        engine,
        connect_tls=discovery.tls,
        traced=traced,
        scoring=fraud.endpoints,
        chatting=chat.endpoints,
    )
    why = _without_another_way(profile, nat, egress, services, web)
    missing = {
        endpoint: [user for user in users if user in why]
        for endpoint, users in used.items()
        if endpoint not in endpoints and any(user in why for user in users)
    }
    idle = [endpoint for endpoint in endpoints if endpoint not in used]
    rules: list[str] = []
    if missing:
        users = sorted({user for found in missing.values() for user in found})
        reasons = dict.fromkeys(why[user] for user in users)
        rules.append(f"must have {', '.join(missing)}, by which {', '.join(users)} reach AWS: {'; '.join(reasons)}")
    if idle:
        rules.append(
            f"must leave out {', '.join(idle)}: nothing in the VPC uses them, and each is billed by zone and hour"
        )
    if rules:
        yield problem(
            "network.interface_endpoints",
            endpoints,
            "; ".join(rules),
            [*(endpoint for endpoint in dict.fromkeys(endpoints) if endpoint in used), *missing],
            fix="or leave the setting out: then they are those that are used",
        )


def _without_another_way(
    profile: str, nat: str, egress: PaymentEgress, services: Mapping[str, Microservice], web: WebService
) -> dict[str, str]:
    """Users that must reach AWS by endpoints, and why."""
    found = {FEEDS: "without `feeds.engine.pollers` Lambda calls AWS from the brokers' subnets, which have no way out"}
    internet = {WEB: web.reach_internet, **{name: service.runtime.reach_internet for name, service in services.items()}}
    for user, reaches in internet.items():
        payment = user in services and services[user].boundary == "payment"
        if nat == "none":
            found[user] = "`network.nat: none` leaves no way to the internet"
        elif payment and not isinstance(egress, OpenEgress):
            found[user] = "`network.payment_egress` leads to the payment provider only"
        elif not payment and not reaches:
            found[user] = "`reach_internet: false` leaves no way to the internet"
        elif profile in _STRICT:
            found[user] = f"profile `{profile}` must reach AWS by endpoints, not over the internet"
    return found


@relation
def endpoints_are_named_once(endpoints: Endpoints) -> Iterator[Problem]:
    if endpoints is not None and len(set(endpoints)) != len(endpoints):
        yield problem(
            "network.interface_endpoints", endpoints, "must name each endpoint once", list(dict.fromkeys(endpoints))
        )
