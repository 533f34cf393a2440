"""The image of a function."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class FunctionImage:
    """An image of ECR, and what runs in it."""

    uri: pulumi.Input[str]
    entry_point: Sequence[str] | None = None
    """Runtime interface client; None: the image's own."""
    command: Sequence[str] | None = None
    """The handler; None: the image's own."""
    sources: Sequence[pulumi.Resource] = ()
    """Repository and its policy, which must exist before."""
