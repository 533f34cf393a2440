"""Feeds of other systems."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from functions.common.names import dead_letter_variable
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Use, User


@dataclass(frozen=True)
class FeedUse(Use):
    """Records of one feed, written into tables."""

    setting = "feeds"
    owner = "feeds"
    interface_endpoints = ("sqs",)
    characters = 2_300
    runtimes = frozenset({"lambda"})

    feed: str

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return (cls(feed) for feed in service.feeds)

    def access(self, owner: Any, user: User) -> Access:
        feed = owner.feed(self.feed)
        return Access(
            variables={dead_letter_variable(self.feed): feed.dead_letter_url},
            grants=[feed.grant_consume],
            sources=[
                lambda function, _: feed.consume(
                    consumer=user.label, function_name=function.function_name, batch_size=function.batch_size
                )
            ],
        )
