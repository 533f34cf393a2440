"""Rules about the API: its routes, their models and scopes, the clients of these, and the limits of API Gateway."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from api.catalogue import models, unknown
from settings.app_tier import AppTierSettings
from settings.app_tier.microservice import Microservice
from settings.app_tier.runtime import LambdaRuntime
from settings.clients import MachineClient, MobileClient, WebClient
from settings.endpoints import RESOURCES_MAX, Endpoint, endpoints, misnamed, places, shape_of
from settings.identity import CustomDomain, PrefixDomain
from settings.problems import Problem
from settings.relations.reads import AlternativeNames, DomainName, Machines, Retired, Scopes, Services
from settings.relations.relation import Reads, likely, problem, relation

# https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
_SCOPES_MAX = 100
# The longest name that a certificate is requested for
# (https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html).
_HOST_MAX = 64
# Each method is a statement of about 450 bytes in the policy of its function, which holds 20 KB
# (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
_METHODS_OF_A_FUNCTION_MAX = 45
# API Gateway answers these itself
# (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html).
_RESERVED = ("ping", "sping")


Web = Annotated[WebClient, Reads("identity.web")]
Mobile = Annotated[MobileClient | None, Reads("identity.mobile")]


def _asked(
    web: WebClient, mobile: MobileClient | None, machines: Mapping[str, MachineClient]
) -> dict[str, tuple[str, ...]]:
    """Scopes that each client asks for, by its place in section `identity`."""
    return {
        "web": web.scopes,
        "mobile": mobile.scopes if mobile else (),
        **{f"machines.{name}": client.scopes for name, client in machines.items()},
    }


def _known(scopes: Mapping[str, str], services: Mapping[str, Microservice]) -> list[str]:
    return sorted({*scopes, *AppTierSettings.model_construct(services=dict(services)).scopes})


@relation
def routes_hold_bodies_to_models_that_exist(services: Services) -> Iterator[Problem]:
    for name, service in services.items():
        for position, route in enumerate(service.routes):
            if route.body is not None and route.body not in models():
                yield problem(
                    f"app_tier.services.{name}.routes.{position}.body",
                    route.body,
                    unknown(route.body),
                    likely(route.body, models()),
                    fix=f"or write api/models/{route.body}.json",
                )


@relation
def routes_ask_for_scopes_that_exist(services: Services, scopes: Scopes) -> Iterator[Problem]:
    known = _known(scopes, services)
    for name, service in services.items():
        for position, route in enumerate(service.routes):
            if route.auth not in ("public", "iam", *known):
                owner, _, scope = route.auth.rpartition(".")
                yield problem(
                    f"app_tier.services.{name}.routes.{position}.auth",
                    route.auth,
                    f"must be a scope of a service: {', '.join(known) or 'there is none'}",
                    likely(route.auth, known),
                    fix=f"add `scopes: {{ {scope}: <what it allows> }}` to service `{owner}`, or take another scope",
                )


@relation
def clients_ask_for_scopes_that_exist(
    web: Web, mobile: Mobile, machines: Machines, scopes: Scopes, services: Services
) -> Iterator[Problem]:
    known = _known(scopes, services)
    for client, wanted in _asked(web, mobile, machines).items():
        for position, scope in enumerate(wanted):
            if scope not in known:
                yield problem(
                    f"identity.{client}.scopes.{position}",
                    scope,
                    f"must be a scope of a service or of `identity.scopes`: {', '.join(known) or 'there is none'}",
                    likely(scope, known),
                    fix=f"add `{scope}` with its meaning to `identity.scopes` or to its service, or leave it out here",
                )


@relation
def scopes_of_routes_are_asked_for(
    web: Web, mobile: Mobile, machines: Machines, scopes: Scopes, services: Services
) -> Iterator[Problem]:
    known = _known(scopes, services)
    asked = {scope for wanted in _asked(web, mobile, machines).values() for scope in wanted}
    missing: list[str] = []
    for name, service in services.items():
        for position, route in enumerate(service.routes):
            # Once, whatever the number of its routes.
            if route.auth not in known or route.auth in asked or route.auth in missing:
                continue
            added = len(web.scopes) + len(missing)
            missing.append(route.auth)
            yield problem(
                f"app_tier.services.{name}.routes.{position}.auth",
                route.auth,
                "must be in `scopes` of a client (`identity.web`, `identity.mobile`, `identity.machines.<name>`): a"
                " token holds only what its client asks for, so nobody can call the route",
                fix=f"for all customers; else `machines: {{<name>: {{scopes: [{route.auth}]}}}}`",
                edits={f"identity.web.scopes.{added}": route.auth},
            )


@relation
def scopes_fit_into_the_user_pool(scopes: Scopes, services: Services) -> Iterator[Problem]:
    known = _known(scopes, services)
    if len(known) > _SCOPES_MAX:
        yield problem(
            "identity.scopes",
            f"{len(known)} scopes with those of the services",
            f"must be at most {_SCOPES_MAX}, the quota of a user pool",
            fix="let services share scopes",
        )


@relation
def values_at_one_place_of_a_path_have_one_name(services: Services, retired: Retired) -> Iterator[Problem]:
    for endpoint, part, first in misnamed(endpoints(services, retired)):
        path = _place(endpoint, services, retired)
        yield problem(
            path if endpoint.route is None else f"{path}.path",
            endpoint.key,
            f"must use {first} in place of {part}, as another route does: API Gateway takes one name at each place",
            fix=f"write {first} in both",
        )


@relation
def api_has_room_for_its_paths(services: Services, retired: Retired) -> Iterator[Problem]:
    # With the root.
    count = 1 + len(places(endpoints(services, retired)))
    if count > RESOURCES_MAX:
        yield problem(
            "app_tier.services",
            f"paths of {count} parts",
            f"must make at most {RESOURCES_MAX} resources, the quota of an API: each part of each path is one",
            fix="join routes, or raise the quota `Resources per API` at AWS and this limit",
        )


@relation
def functions_can_admit_the_api(services: Services) -> Iterator[Problem]:
    for name, service in services.items():
        count = sum(len(route.methods) for route in service.routes)
        if isinstance(service.runtime, LambdaRuntime) and count > _METHODS_OF_A_FUNCTION_MAX:
            yield problem(
                f"app_tier.services.{name}.routes",
                f"{count} methods",
                f"must be at most {_METHODS_OF_A_FUNCTION_MAX}: the function's policy has no room for more",
                fix="divide the service, or let it run on Fargate",
            )


@relation
def paths_of_services_are_free(services: Services) -> Iterator[Problem]:
    for name, service in services.items():
        if name in _RESERVED and service.routes:
            yield problem(
                f"app_tier.services.{name}.routes",
                f"/{name}",
                "must be another path: API Gateway answers this one itself",
                fix="give the service another name",
            )


@relation
def retired_routes_are_served_by_nobody(services: Services, retired: Retired) -> Iterator[Problem]:
    served = {(endpoint.method, endpoint.shape) for endpoint in endpoints(services)}
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for position, entry in enumerate(retired):
        method, _, path = entry.partition(" ")
        place = (method, shape_of(path.strip("/").split("/")))
        if place in served or place in seen:
            yield problem(
                f"api.retired.{position}",
                entry,
                "must not be served by a route" if place in served else "must be named once",
                fix="leave it out here",
            )
        seen.add(place)


@relation
def api_has_a_host_name_of_its_own(
    domain_name: DomainName,
    alternative_names: AlternativeNames,
    sign_in: Annotated[CustomDomain | PrefixDomain, Reads("identity.domain")],
    label: Annotated[str, Reads("api.host_label")],
) -> Iterator[Problem]:
    host_name = f"{label}.{domain_name}"
    if host_name in alternative_names:
        yield problem(
            "api.host_label",
            label,
            f"must not make {host_name}, which `dns.alternative_names` has for the store's own pages",
            fix="take another label, or leave the name out of `dns.alternative_names`",
        )
    if isinstance(sign_in, CustomDomain) and sign_in.label == label:
        yield problem(
            "api.host_label",
            label,
            f"must not make {host_name}, which `identity.domain` has for the sign-in pages",
            fix="take another label",
        )
    if len(host_name) > _HOST_MAX:
        yield problem(
            "api.host_label",
            label,
            f"must make a name of at most {_HOST_MAX} characters for the certificate; {host_name} has {len(host_name)}",
            fix="take a shorter label",
        )


def _place(endpoint: Endpoint, services: Mapping[str, Microservice], retired: tuple[str, ...]) -> str:
    """Where the settings name the endpoint."""
    if endpoint.route is None:
        return f"api.retired.{retired.index(endpoint.key)}"
    position = services[endpoint.service].routes.index(endpoint.route)
    return f"app_tier.services.{endpoint.service}.routes.{position}"
