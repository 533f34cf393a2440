"""The images of a task."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class TaskImages:
    """Images of the containers of one task, as its definition names them."""

    service: pulumi.Input[str]
    repository: str
    """Where the service's image is pulled from, with or without a tag."""
    collector: str | None
    """Of the trace collector."""
    cached_repository_arns: Sequence[str] = ()
    """Repositories that the task fills at its first pull."""
    sources: Sequence[pulumi.Resource] = ()
    """Repositories and cache rule, which must exist before."""

    @property
    def pulled(self) -> list[str]:
        """What the start of a task pulls, each with its registry."""
        return [self.repository, *([self.collector] if self.collector else [])]
