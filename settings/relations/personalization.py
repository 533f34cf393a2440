"""Rules of personalization: where Personalize is, and which service tells it of customers."""

from collections.abc import Iterator
from typing import Annotated

from settings.personalization import NoPersonalization, Personalize
from settings.problems import Problem
from settings.relations.reads import Region, Services
from settings.relations.relation import Reads, not_there, problem, relation

Engine = Annotated[Personalize | NoPersonalization, Reads("personalization.engine")]
# https://docs.aws.amazon.com/general/latest/gr/personalize.html
_REGIONS = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "us-east-1",
    "us-east-2",
    "us-west-2",
)


@relation
def personalize_is_in_the_region(region: Region, engine: Engine) -> Iterator[Problem]:
    if isinstance(engine, Personalize) and region not in _REGIONS:
        yield not_there("personalization", engine.kind, region, "Amazon Personalize")


@relation
def one_service_knows_pseudonyms(services: Services) -> Iterator[Problem]:
    using = [name for name, service in services.items() if service.personalization]
    for name in using[1:]:
        yield problem(
            f"app_tier.services.{name}.personalization",
            True,
            f"must be left to one service, {using[0]}: each would give a customer another pseudonym, and none would"
            " have all of them forgotten",
            False,
        )
    for name in using[:1]:
        if services[name].tables.get("recommendations") != "write":
            yield problem(
                f"app_tier.services.{name}.tables.recommendations",
                services[name].tables.get("recommendations"),
                "must be `write` for the service that uses `personalization`: pseudonyms of customers are there",
                "write",
            )
