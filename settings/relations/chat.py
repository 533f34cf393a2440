"""Rules of the chat bot: where Lex is, and who talks to it."""

from collections.abc import Iterator
from typing import Annotated

from settings.chat import LexBot, NoChat
from settings.problems import Problem
from settings.relations.reads import Region, Services
from settings.relations.relation import Reads, not_there, problem, relation

Engine = Annotated[LexBot | NoChat, Reads("chat.engine")]
# https://docs.aws.amazon.com/general/latest/gr/lex.html
_REGIONS = (
    "af-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "us-east-1",
    "us-west-2",
)


@relation
def lex_is_in_the_region(region: Region, engine: Engine) -> Iterator[Problem]:
    if isinstance(engine, LexBot) and region not in _REGIONS:
        yield not_there("chat", engine.kind, region, "Amazon Lex V2")


@relation
def one_service_talks_to_the_bot(services: Services) -> Iterator[Problem]:
    first, *more = [name for name, service in services.items() if service.chat] or [""]
    for name in more:
        yield problem(
            f"app_tier.services.{name}.chat",
            True,
            f"must be left to one service, {first}: the bot is closed to all others, since it believes who asks it",
            False,
        )
