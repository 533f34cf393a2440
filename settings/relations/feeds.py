"""Rules of feeds: their engine, and the ways to it."""

from collections.abc import Iterator
from typing import Annotated

from settings.feeds import MskProvisioned, MskServerless, Stream, foreign_owners
from settings.problems import Problem
from settings.relations.reads import Account, Engine, Zones
from settings.relations.relation import Reads, problem, relation


@relation
def brokers_have_zones(engine: Engine, zones: Zones) -> Iterator[Problem]:
    if isinstance(engine, MskProvisioned) and engine.zones > len(zones):
        yield problem(
            "feeds.engine.zones",
            engine.zones,
            f"must be at most the number of zones of `network.zones`, {len(zones)}",
            len(zones),
        )


@relation
def express_brokers_have_three_zones(engine: Engine) -> Iterator[Problem]:
    if isinstance(engine, MskProvisioned) and engine.express and engine.zones < 3:
        yield problem(
            "feeds.engine.instance_type",
            engine.instance_type,
            f"must not be an Express broker with `feeds.engine.zones: {engine.zones}`: AWS offers them in three only",
            "kafka.m7g.large",
        )


@relation
def other_accounts_can_reach_the_feeds(
    account_id: Account, engine: Engine, streams: Annotated[dict[str, Stream], Reads("feeds.streams")]
) -> Iterator[Problem]:
    # https://docs.aws.amazon.com/msk/latest/developerguide/aws-access-mult-vpc.html
    if isinstance(engine, MskProvisioned) and engine.instance_type == "kafka.t3.small":
        closed = "brokers of type kafka.t3.small take no VPC connections"
    elif isinstance(engine, MskServerless):
        closed = "a serverless cluster takes no VPC connections"
    else:
        return
    for name, owners in foreign_owners(streams, account_id).items():
        for owner in owners:
            position = streams[name].owners.index(owner)
            yield problem(
                f"feeds.streams.{name}.owners.{position}",
                owner,
                f"must be a role of the account {account_id}: {closed}",
                fix="take a larger `instance_type` of `msk-provisioned`, or `kind: kinesis`; or leave the role out",
            )
