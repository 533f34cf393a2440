"""Interface of the engines of the search, and the names that engine, feeds and functions share."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import pulumi

from components.blocks.function import FUNCTIONS
from components.blocks.policy_document import Statement
from components.blocks.security_group import SecurityGroup

ALIAS = "products"
"""What readers ask for; it leads to one index, whose name begins with it."""
PORT = 443
INDEX_CODE = "search_index"
Access = Literal["read", "write", "ingest", "administer"]
"""`write` documents of one index, `ingest` as pipelines of AWS do."""


class Engine(Protocol):
    """Where the index is."""

    arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    """URL, without a path."""
    group: SecurityGroup
    """Group of its network interfaces."""
    signed_for: Literal["es", "aoss"]
    """Name of the service in signatures."""

    def statements(self, access: Access) -> list[Statement]:
        """For the role of a client."""
        ...

    def admit_roles(self, roles: Mapping[str, Sequence[pulumi.Input[str]]], /) -> list[pulumi.Resource]:
        """Tell the engine which roles are `administrator`, `reader` and `writer`; call it once.

        Returns:
            What must be there before they ask.
        """
        ...


def index_name(feed: str, copies: int) -> str:
    """Name of the index; another template, feed or number of copies makes a new one, so that one is filled while the
    other still answers."""
    digest = hashlib.sha256(json.dumps([feed, copies]).encode())
    for path in sorted((FUNCTIONS / INDEX_CODE).glob("*.[jt][sx][ot]*")):
        digest.update(path.name.encode() + path.read_bytes())
    return f"{ALIAS}-{digest.hexdigest()[:10]}"
