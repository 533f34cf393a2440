"""The parts of one run, as they know each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from local.bus import Bus
from local.cloud import Cloud
from local.functions import Functions
from local.gate import Gate
from local.journal import Journal
from local.mailbox import Mailbox
from local.opensearch.server import SearchServer
from local.personalize import Personalize
from local.principals import Principals
from local.processes import Processes
from local.security_groups import SecurityGroups
from local.state import Deployed
from local.third_parties import ThirdParties


class Front(Protocol):
    """What customers and services connect to."""

    @property
    def urls(self) -> Mapping[str, str]:
        """What a person can open, by its name; `store` is the first."""
        ...

    @property
    def not_judged(self) -> Sequence[str]:
        """Rules of web ACLs that do not count here."""
        ...

    def variables(self, service: str, /) -> Mapping[str, str]:
        """Variables of a service that are addresses, with those of this machine."""
        ...

    def codes(self) -> Sequence[Mapping[str, str]]:
        """Confirmation codes, the newest first: `to`, `code`, `at`."""
        ...

    async def close(self) -> None: ...


@dataclass(kw_only=True)
class Context:
    """
    Attributes:
        port: Where the store is served; 0 for any free port.
        folder: Files of this run.
        gate_url: AWS's endpoint for all tasks and functions.
    """

    env: str
    port: int
    folder: Path
    deployed: Deployed
    journal: Journal
    principals: Principals
    security_groups: SecurityGroups
    gate: Gate
    gate_url: str
    cloud: Cloud
    functions: Functions
    processes: Processes
    third_parties: ThirdParties
    bus: Bus
    personalize: Personalize
    mails: Mailbox
    search: SearchServer | None
    """The search domain, if the state has one."""
