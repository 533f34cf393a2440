"""A request of an API."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    operation: str
    account: str
    region: str
    request: dict[str, Any]

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"
