"""How the services of AWS that run here ask whether a call is allowed."""

from collections.abc import Mapping
from typing import Protocol


class Verdict(Protocol):
    """Answer to a call, with the statement that decided or what is missing."""

    @property
    def allowed(self) -> bool: ...

    @property
    def why(self) -> str: ...


class Judge(Protocol):
    """Judges a call by the policies of the state, and records it."""

    def __call__(self, principal: str, action: str, resource: str, context: Mapping[str, str], /) -> Verdict:
        """
        Args:
            principal: ARN of a role, or name of a service such as `events.amazonaws.com`.
            context: Condition keys, such as `aws:SourceArn`.
        """
        ...
