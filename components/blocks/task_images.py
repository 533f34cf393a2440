"""The images of a task."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class TaskImages:
    """Images of the containers of one task, as its definition names them."""

    service: str
    collector: str | None
    """Of the trace collector."""
    cached_repository_arns: Sequence[str] = ()
    """Repositories that the task fills at its first pull."""
    sources: Sequence[pulumi.Resource] = ()
    """Repositories and cache rule, which must exist before."""

    @property
    def all(self) -> list[str]:
        return [self.service, *([self.collector] if self.collector else [])]
