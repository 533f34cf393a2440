"""What the front needs of the other parts of the run."""

from collections.abc import Sequence
from typing import Any, Protocol

from local.judge import Verdict


class SecurityGroups(Protocol):
    """Security groups as deployed."""

    def allows(self, source_groups: Sequence[str], target_groups: Sequence[str], port: int) -> Verdict: ...


class Processes(Protocol):
    """Tasks of the services, by the label of the service."""

    def address(self, service: str, /) -> tuple[str, int] | None:
        """Where the service listens on this machine; None while it does not run."""
        ...

    def groups(self, service: str, /) -> Sequence[str]:
        """Security groups of its tasks."""
        ...


class Functions(Protocol):
    """Lambda functions."""

    async def invoke(self, function: str, event: Any, /) -> tuple[Any, Any | None]:
        """Payload, and the error where the function failed."""
        ...

    def groups(self, service: str, /) -> Sequence[str]:
        """Security groups of the function that is this service; none outside the VPC."""
        ...
