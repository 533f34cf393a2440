"""Rules about the API: between its routes, their models and scopes, who asks for these, and what API Gateway takes."""

from collections.abc import Iterator, Mapping

from api.catalogue import models, unknown
from settings.app_tier import AppTierSettings
from settings.app_tier.microservice import Microservice
from settings.app_tier.runtime import LambdaRuntime
from settings.endpoints import RESOURCES_MAX, Endpoint, endpoints, misnamed, places, shape_of
from settings.identity import CustomDomain, MachineClient, MobileClient, PrefixDomain, WebClient
from settings.problems import Problem
from settings.relations.relation import problem, relation

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


def _known(scopes: Mapping[str, str], services: Mapping[str, Microservice]) -> list[str]:
    return sorted({*scopes, *AppTierSettings.model_construct(services=dict(services)).scopes})


@relation("app_tier.services")
def routes_hold_bodies_to_models_that_exist(services: Mapping[str, Microservice]) -> Iterator[Problem]:
    for name, service in services.items():
        for position, route in enumerate(service.routes):
            if route.body is not None and route.body not in models():
                yield problem(
                    f"app_tier.services.{name}.routes.{position}.body",
                    route.body,
                    unknown(route.body),
                    fix=f"name one of them, or write api/models/{route.body}.json",
                )


@relation("app_tier.services", "identity.scopes")
def routes_ask_for_scopes_that_exist(
    services: Mapping[str, Microservice], scopes: Mapping[str, str]
) -> Iterator[Problem]:
    known = _known(scopes, services)
    for name, service in services.items():
        for position, route in enumerate(service.routes):
            if route.auth not in ("public", "iam", *known):
                owner, _, scope = route.auth.rpartition(".")
                yield problem(
                    f"app_tier.services.{name}.routes.{position}.auth",
                    route.auth,
                    f"is no scope of a service: {', '.join(known) or 'there is none'}",
                    fix=f"`scopes: {{ {scope}: <what it allows> }}` at service `{owner}`, or another scope",
                )


@relation("identity.web", "identity.mobile", "identity.machines", "identity.scopes", "app_tier.services")
def clients_ask_for_scopes_that_exist(
    web: WebClient,
    mobile: MobileClient | None,
    machines: Mapping[str, MachineClient],
    scopes: Mapping[str, str],
    services: Mapping[str, Microservice],
) -> Iterator[Problem]:
    known = _known(scopes, services)
    asked = {
        "web": web.scopes,
        "mobile": mobile.scopes if mobile else (),
        **{f"machines.{name}": client.scopes for name, client in machines.items()},
    }
    for client, wanted in asked.items():
        for position, scope in enumerate(wanted):
            if scope not in known:
                yield problem(
                    f"identity.{client}.scopes.{position}",
                    scope,
                    f"is none of the scopes of services or of `identity.scopes`: {', '.join(known) or 'there is none'}",
                    fix=f"add `{scope}` with its meaning to `identity.scopes` or to its service, or leave it out here",
                )


@relation("identity.scopes", "app_tier.services")
def scopes_fit_into_the_user_pool(scopes: Mapping[str, str], services: Mapping[str, Microservice]) -> Iterator[Problem]:
    known = _known(scopes, services)
    if len(known) > _SCOPES_MAX:
        yield problem(
            "identity.scopes",
            f"{len(known)} scopes with those of the services",
            f"a user pool's API has {_SCOPES_MAX} at most",
            fix="let services share scopes",
        )


@relation("app_tier.services", "api.retired")
def values_at_one_place_of_a_path_have_one_name(
    services: Mapping[str, Microservice], retired: tuple[str, ...]
) -> Iterator[Problem]:
    for endpoint, part, first in misnamed(endpoints(services, retired)):
        path = _place(endpoint, services, retired)
        yield problem(
            path if endpoint.route is None else f"{path}.path",
            endpoint.key,
            f"has {part} where another route has {first}: API Gateway takes one name at each place",
            fix=f"write {first} in both",
        )


@relation("app_tier.services", "api.retired")
def api_has_room_for_its_paths(services: Mapping[str, Microservice], retired: tuple[str, ...]) -> Iterator[Problem]:
    # With the root.
    count = 1 + len(places(endpoints(services, retired)))
    if count > RESOURCES_MAX:
        yield problem(
            "app_tier.services",
            f"paths of {count} parts",
            f"an API holds {RESOURCES_MAX} resources: each part of each path is one",
            fix="join routes, or have AWS raise the quota `Resources per API` and this limit",
        )


@relation("app_tier.services")
def functions_can_admit_the_api(services: Mapping[str, Microservice]) -> Iterator[Problem]:
    for name, service in services.items():
        count = sum(len(route.methods) for route in service.routes)
        if isinstance(service.runtime, LambdaRuntime) and count > _METHODS_OF_A_FUNCTION_MAX:
            yield problem(
                f"app_tier.services.{name}.routes",
                f"{count} methods",
                f"a function's policy has room for {_METHODS_OF_A_FUNCTION_MAX}",
                fix="divide the service, or let it run on Fargate",
            )


@relation("app_tier.services")
def paths_of_services_are_free(services: Mapping[str, Microservice]) -> Iterator[Problem]:
    for name, service in services.items():
        if name in _RESERVED and service.routes:
            yield problem(
                f"app_tier.services.{name}.routes",
                f"/{name}",
                "API Gateway answers this path itself",
                fix="give the service another name",
            )


@relation("app_tier.services", "api.retired")
def retired_routes_are_served_by_nobody(
    services: Mapping[str, Microservice], retired: tuple[str, ...]
) -> Iterator[Problem]:
    served = {(endpoint.method, endpoint.shape) for endpoint in endpoints(services)}
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for position, entry in enumerate(retired):
        method, _, path = entry.partition(" ")
        place = (method, shape_of(path.strip("/").split("/")))
        if place in served or place in seen:
            yield problem(
                f"api.retired.{position}",
                entry,
                "is served by a route" if place in served else "is named a second time",
                fix="leave it out here",
            )
        seen.add(place)


@relation("dns.domain_name", "dns.alternative_names", "identity.domain", "api.host_label")
def api_has_a_host_name_of_its_own(
    domain_name: str, alternative_names: tuple[str, ...], sign_in: CustomDomain | PrefixDomain, label: str
) -> Iterator[Problem]:
    host_name = f"{label}.{domain_name}"
    if host_name in alternative_names:
        yield problem(
            "api.host_label",
            label,
            f"makes {host_name}, which `dns.alternative_names` leads to the store's own pages",
            fix="take another label, or leave the name out of `dns.alternative_names`",
        )
    if isinstance(sign_in, CustomDomain) and sign_in.label == label:
        yield problem(
            "api.host_label",
            label,
            f"makes {host_name}, which `identity.domain` has for the sign-in pages",
            fix="take another label",
        )
    if len(host_name) > _HOST_MAX:
        yield problem(
            "api.host_label",
            label,
            f"makes {host_name} of {len(host_name)} characters, and a certificate takes {_HOST_MAX}",
            fix="take a shorter label",
        )


def _place(endpoint: Endpoint, services: Mapping[str, Microservice], retired: tuple[str, ...]) -> str:
    """Where the settings name the endpoint."""
    if endpoint.route is None:
        return f"api.retired.{retired.index(endpoint.key)}"
    position = services[endpoint.service].routes.index(endpoint.route)
    return f"app_tier.services.{endpoint.service}.routes.{position}"
