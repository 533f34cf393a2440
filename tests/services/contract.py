"""What services answer, as their apps say, and what the settings declare of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from fastapi.dependencies.models import Dependant

from services.common.bodies import Body, Json
from services.common.identity import Machine, Scope
from services.common.settings import module
from settings.endpoints import ROOT, Endpoint, endpoints
from settings.stack_files import stack_settings

HEALTH = {("GET", "/health/live"), ("GET", "/health/ready")}


@dataclass(frozen=True)
class Answered:
    """One method at one path of a service."""

    method: str
    path: str
    auth: str
    """A scope, `iam`, or `public`."""
    model: type[Body] | None
    query: tuple[tuple[str, str], ...]
    """Name of each parameter, and whether it is required."""

    @property
    def declared_form(self) -> tuple[Any, ...]:
        body = self.model.__name__ if self.model else None
        return self.method, self.path, self.auth, body, self.query


def declared() -> dict[str, tuple[Endpoint, ...]]:
    """Service that runs as a container, and is the store's own, to its endpoints in any stack."""
    found: dict[str, dict[str, Endpoint]] = {}
    for settings in stack_settings().values():
        for endpoint in endpoints(settings.app_tier.services):
            if endpoint.tasks and endpoint.route is not None:
                found.setdefault(endpoint.service, {})[endpoint.key] = endpoint
    return {service: tuple(of.values()) for service, of in sorted(found.items())}


def declared_form(endpoint: Endpoint) -> tuple[Any, ...]:
    assert endpoint.route is not None
    query = tuple(sorted((name, str(need)) for name, need in endpoint.route.query.items()))
    return endpoint.method, f"/{ROOT}{endpoint.path}", endpoint.auth, endpoint.route.body, query


def answered(service: str) -> list[Answered]:
    """Every route of a service's app."""
    app = import_module(module(service)).app()
    return [
        Answered(method, context.path, _auth(context.dependant), _model(context.dependant), _query(context.dependant))
        for route in app.routes
        for context in route.effective_route_contexts()
        for method in context.methods
    ]


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for below in dependant.dependencies:
        yield from _all(below)


def _auth(dependant: Dependant) -> str:
    scopes = [found.call.scope for found in _all(dependant) if isinstance(found.call, Scope)]
    if scopes:
        (scope,) = scopes
        return scope
    return "iam" if any(isinstance(found.call, Machine) for found in _all(dependant)) else "public"


def _model(dependant: Dependant) -> type[Body] | None:
    models = [found.call.model for found in _all(dependant) if isinstance(found.call, Json)]
    return models[0] if models else None


def _query(dependant: Dependant) -> tuple[tuple[str, str], ...]:
    fields = [field for found in _all(dependant) for field in found.query_params]
    return tuple(
        sorted((field.alias, "required" if field.field_info.is_required() else "optional") for field in fields)
    )
