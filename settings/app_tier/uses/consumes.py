"""Events that a service receives."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from functions.common.names import INBOX_QUEUE_URL
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


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
