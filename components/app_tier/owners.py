"""The boxes that own what services use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.common import names
from settings.app_tier.microservice import Microservice
from settings.app_tier.runtime import FargateRuntime
from settings.app_tier.uses import Access, Use, User, uses_of


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
