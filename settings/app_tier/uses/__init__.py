"""What a service may use: one class for each kind of use, which answers all that is asked of it.

A new kind is a class in a module of this package, a field of `Microservice`, and its owner among those that
`__main__.py` gives to `AppTier`.
"""

import importlib
import pkgutil

from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Bounds, Intake, Use, User

__all__ = ["KINDS", "Access", "Bounds", "Intake", "Use", "User", "in_network", "intake_of", "uses_of"]

_MODULES = [
    importlib.import_module(f"{__name__}.{name}") for name in sorted(m.name for m in pkgutil.iter_modules(__path__))
]

KINDS: tuple[type[Use], ...] = tuple(
    kind
    for module in _MODULES
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Use) and kind is not Use and kind.__module__ == module.__name__
)
"""Every class of use."""


def uses_of(service: Microservice) -> list[Use]:
    """All that the entry of a service declares."""
    return [use for kind in KINDS for use in kind.declared_by(service)]


def intake_of(service: Microservice) -> Intake | None:
    """The narrowest bounds of its uses, on the messages that it takes."""
    bounds = [use.intake for use in uses_of(service) if use.intake is not None]
    return min(bounds, key=lambda intake: intake.concurrency * intake.batch, default=None)


def in_network(service: Microservice) -> bool:
    """It runs inside the VPC: tasks always, functions only where they connect to something that is there."""
    return (
        service.runtime.kind == "fargate"
        or service.boundary == "payment"
        or any(use.clients for use in uses_of(service))
    )
