"""A service, with all that its code may use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.app_tier.boundary import Boundary
from components.blocks.security_group import SecurityGroup
from functions.common import names
from settings.app_tier.microservice import Microservice
from settings.app_tier.runtime import FargateRuntime
from settings.app_tier.uses import Access, Use, User, uses_of


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


@dataclass(frozen=True)
class Owners:
    """The boxes that own what services use, by `Use.owner`."""

    boxes: Mapping[str, Any]

    def of(self, use: Use) -> Any:
        """
        Raises:
            LookupError: the box is not among them.
        """
        if use.owner not in self.boxes:
            raise LookupError(f"services use `{use.setting}`: `owners` must name its box `{use.owner}`")
        return self.boxes[use.owner]

    def access(self, label: str, service: Microservice, name: str) -> Access:
        """What the service gets of all that it uses.

        Args:
            name: Logical name of its resources.
        """
        tasks = isinstance(service.runtime, FargateRuntime)
        user = User(label=label, domain=service.domain or label, name=name, tasks=tasks)
        access = Access(variables={names.SERVICE: label, names.EVENT_SOURCE: f"store.{user.domain}"})
        for use in uses_of(service):
            owner = self.of(use)
            if use.exists(owner):
                access.add(use.access(owner, user))
        return access
