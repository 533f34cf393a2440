"""A service, with all that its code may use."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.app_tier.boundary import Boundary
from components.blocks.security_group import SecurityGroup
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses import Access


@dataclass(frozen=True, kw_only=True)
class Service:
    """A microservice and its access to what it uses."""

    label: str
    name: str
    """Logical name of its resources."""
    entry: Microservice
    access: Access
    boundary: Boundary | None
    """None for a function outside the VPC."""
    memberships: Sequence[SecurityGroup] = ()
    """Client groups of the stores that it uses."""
