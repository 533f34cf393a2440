"""Rules of what a service may use, from its place and its runtime."""

from collections.abc import Iterator
from typing import Any

from settings.app_tier.microservice import Microservice
from settings.app_tier.uses import uses_of
from settings.problems import Problem
from settings.relations.reads import Services
from settings.relations.relation import problem, relation


@relation
def services_use_what_their_runtime_can(services: Services) -> Iterator[Problem]:
    for name, service in services.items():
        for setting, runtimes in {use.setting: use.runtimes for use in uses_of(service)}.items():
            if service.runtime.kind not in runtimes:
                yield problem(
                    f"app_tier.services.{name}.{setting}",
                    _declared(service, (setting,)),
                    f"must be left to services with `runtime.kind: {' or '.join(sorted(runtimes))}`",
                    fix="leave it out, or give this work to another service",
                )


@relation
def functions_of_the_user_pool_use_what_is_there_before_it(services: Services) -> Iterator[Problem]:
    for name, service in services.items():
        for setting in sorted({use.setting for use in uses_of(service) if service.trigger and not use.for_triggers}):
            yield problem(
                f"app_tier.services.{name}.{setting}",
                _declared(service, (setting,)),
                "must be left to other services: the user pool invokes this one, waits five seconds for it, and is made"
                " after it",
                fix="leave it out, or give this work to another service",
            )


@relation
def payment_services_share_nothing(services: Services) -> Iterator[Problem]:
    for name, service in services.items():
        if service.boundary != "payment":
            continue
        for path, found in {use.path: use.payment_problem() for use in uses_of(service)}.items():
            if found is not None:
                rule, fix = found
                where = f"app_tier.services.{name}.{'.'.join(path)}"
                yield problem(where, _declared(service, path), rule, fix=fix)


def _declared(service: Microservice, path: tuple[str, ...]) -> Any:
    value = getattr(service, path[0])
    return value[path[1]] if len(path) > 1 else value
