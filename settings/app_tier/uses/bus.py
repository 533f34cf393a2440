"""The event bus: events that a service puts there itself, and those that it consumes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from functions.common.names import BUS_NAME, INBOX_QUEUE_URL
from settings.app_tier.microservice import DIRECT, Microservice
from settings.app_tier.uses.use import Access, Use, User
from settings.data import TablesSettings


@dataclass(frozen=True)
class EmitUse(Use):
    """Events that the service puts on the bus itself; the others go by a table's outbox."""

    setting = "emits"
    owner = "events"
    interface_endpoints = ("events",)
    shared = False

    events: tuple[str, ...]

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        direct = tuple(sorted(event for event, way in service.emits.items() if way == DIRECT))
        return (cls(direct),) if direct else ()

    def policy_characters(self, tables: TablesSettings) -> int:  # noqa: ARG002
        return 420 * len(self.events)

    def access(self, owner: Any, user: User) -> Access:
        return Access(
            variables={BUS_NAME: owner.bus_name},
            grants=[lambda role: owner.grant_emit(role, user.domain, self.events)],
        )


@dataclass(frozen=True)
class InboxUse(Use):
    """Events that reach the service, in a queue of its own."""

    setting = "consumes"
    owner = "inboxes"
    characters = 560
    shared = False

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return (cls(),) if service.consumes else ()

    def endpoints(self, *, tasks: bool) -> Sequence[str]:
        return ("sqs",) if tasks else ()

    def access(self, owner: Any, user: User) -> Access:
        inbox = owner[user.label]
        return Access(
            # Lambda takes a function's messages for it.
            variables={INBOX_QUEUE_URL: inbox.queue_url} if user.tasks else {},
            grants=[inbox.grant_receive],
            sources=[lambda function, opts: function.consume(f"{user.name}-inbox", inbox.queue_arn, opts)],
        )
