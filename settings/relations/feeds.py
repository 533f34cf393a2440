"""Rules of feeds: their engine, who reaches it and by which way."""

from collections.abc import Iterator
from typing import Annotated

from settings.feeds import Kinesis, MskProvisioned, MskServerless, Stream, foreign_owners
from settings.problems import Problem
from settings.relations.reads import Account, Endpoints, Engine, Zones
from settings.relations.relation import Reads, problem, relation


@relation
def feeds_on_demand_reach_lambda(engine: Engine, endpoints: Endpoints) -> Iterator[Problem]:
    missing = [name for name in ("lambda", "sqs", "sts") if name not in endpoints]
    if not isinstance(engine, Kinesis) and engine.pollers is None and missing:
        yield problem(
            "network.interface_endpoints",
            endpoints,
            f"without `feeds.engine.pollers` Lambda calls from the brokers' subnets, which have no other way out than"
            f" endpoints; missing: {', '.join(missing)}",
            [*endpoints, *missing],
        )


@relation
def express_brokers_have_three_zones(engine: Engine, zones: Zones) -> Iterator[Problem]:
    if isinstance(engine, MskProvisioned) and engine.express and len(zones) < 3:
        yield problem(
            "feeds.engine.instance_type",
            engine.instance_type,
            f"is an Express broker, which AWS sells over three zones only; `network.zones` names {len(zones)}",
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
                f"is a role of another account than {account_id}, and {closed}",
                fix="take kind msk-provisioned with a larger instance_type, or kind kinesis; or leave it out",
            )
