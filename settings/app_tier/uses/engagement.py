"""Messages to customers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Self

from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Intake, Use, User


@dataclass(frozen=True)
class EngagementUse(Use):
    """Sends messages to customers, or follows what SES tells of them, where the environment has an engine."""

    setting = "engagement"
    owner = "engagement"
    runtimes = frozenset({"lambda"})
    characters = 560
    # SES takes 14 messages a second from an account at first, and one in the sandbox
    # (https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html).
    intake = Intake(concurrency=2, batch=5, receives=10)
    over_the_internet = "messages are sent by the API of SES, which functions reach over the internet"

    way: Literal["send", "follow"]

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return () if service.engagement == "none" else (cls(service.engagement),)

    def exists(self, owner: Any) -> bool:
        return owner.variables is not None

    def access(self, owner: Any, user: User) -> Access:
        if self.way == "send":
            return Access(variables=owner.variables, grants=[owner.grant_send])
        return Access(
            grants=[owner.grant_follow],
            sources=[lambda function, opts: function.consume(f"{user.name}-feedback", owner.feedback_queue_arn, opts)],
        )
