"""Section `feeds`: streams from other systems into the store's tables, and their engine."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import form
from settings.node_types import BrokerType
from settings.problems import Refusal, refuse
from settings.types import LogRetentionDays, Name, RoleArn

FEEDS = ("catalogue", "inventory", "order-status")
"""Feeds that every store has: from the product information management, and two from the supply chain."""

FeedName = Annotated[Name, Field(examples=["prices"])]


class Pollers(Section):
    """Lambda's event pollers, kept running for the consumers of all feeds together.

    Billed by poller unit and hour, ten pollers to a unit
    (https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html).
    """

    minimum: int = Field(default=1, ge=1, le=200)
    """Pollers of each consumer that always run."""

    maximum: int = Field(default=10, ge=1, le=2000)
    """Most pollers of each consumer; AWS starts no more than the topic has partitions."""

    @section_rule
    def _order(self) -> Iterator[Refusal]:
        if self.maximum < self.minimum:
            yield refuse(f"must be at least the `minimum`, {self.minimum}", at=("maximum",), write=self.minimum)


class _Kafka(Section):
    pollers: Pollers | None = Pollers()
    """How Lambda reads. Without pollers it polls on demand, free of charge, through the interface endpoints of the VPC,
    and repeats a failing batch as a whole until it succeeds; only pollers repeat single records and set aside those
    that become too old (https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html)."""


class MskProvisioned(_Kafka):
    """Kafka on brokers in two or three zones, with KRaft instead of ZooKeeper."""

    kind: Literal["msk-provisioned"]

    # https://docs.aws.amazon.com/msk/latest/developerguide/supported-kafka-versions.html
    kafka_version: Annotated[
        str, form(r"^\d+\.\d+\.x\.kraft$", "a version with KRaft, such as 3.9.x.kraft", "3.9.x.kraft")
    ] = "3.9.x.kraft"
    """A version of `aws kafka list-kafka-versions`, with KRaft. An upgrade restarts the brokers one by one. AWS
    upgrades unsupported versions without notice."""

    instance_type: BrokerType = "kafka.m7g.large"
    """`express.*` brokers have storage without bounds and need three zones; a change from one kind to the other makes a
    new cluster. (https://docs.aws.amazon.com/msk/latest/developerguide/msk-broker-types-express.html)"""

    # https://docs.aws.amazon.com/msk/latest/developerguide/msk-create-cluster.html
    zones: Literal[2, 3] = 3
    """Number of zones with brokers, the first of `network.zones`, and of replicas of each partition. Fixed once the
    cluster is made: another number makes a new cluster, and the records of the old one are lost."""

    brokers_per_zone: int = Field(default=1, ge=1, le=10)
    """Brokers can be added, and taken away again when no partition is left on them."""

    # https://docs.aws.amazon.com/msk/latest/developerguide/limits.html
    storage_gib: int = Field(default=100, ge=1, le=16_384)
    """Disk of each broker when the cluster is made; later it only grows, by itself. Express brokers have none."""

    storage_max_gib: int = Field(default=1000, ge=1, le=16_384)
    """Size at which the disk stops growing."""

    log_days: LogRetentionDays = 365
    """How long the brokers' logs are kept."""

    @section_rule
    def _room_to_grow(self) -> Iterator[Refusal]:
        if self.storage_max_gib < self.storage_gib:
            yield refuse(
                f"must be at least `storage_gib`, {self.storage_gib}: brokers start with that size",
                at=("storage_max_gib",),
                write=self.storage_gib,
            )

    @property
    def express(self) -> bool:
        return self.instance_type.startswith("express.")


class MskServerless(_Kafka):
    """Kafka without brokers to size, billed by cluster, partition and byte.

    AWS takes no customer key for it, and offers no way to declare its topics: principals with the grant create them
    (https://docs.aws.amazon.com/msk/latest/developerguide/msk-topic-operations-information.html).
    """

    kind: Literal["msk-serverless"]


class Kinesis(Section):
    """A Kinesis data stream for each feed: the cheap engine, for a store that has no Kafka clients to serve."""

    kind: Literal["kinesis"]

    mode: Literal["on-demand", "provisioned"] = "on-demand"
    """`on-demand` follows the load, `provisioned` has the feed's `partitions` as shards; both are billed by the hour
    (https://aws.amazon.com/kinesis/data-streams/pricing/)."""


class Stream(Section):
    """One feed: who writes it, and how much of it is kept."""

    partitions: int = Field(default=3, ge=1, le=1000)
    """Partitions of the topic, or shards. Records are in order within each, and all are read in parallel. Adding some
    moves keys to other partitions; Kafka cannot remove any."""

    # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html
    retention_hours: int = Field(default=168, ge=24, le=8760)
    """Hours that records can be read, and read again."""

    # https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
    max_age_hours: int | None = Field(default=None, ge=1, le=168)
    """Hours after which a record that could not be written is set aside; until then Lambda repeats it, because what
    fails is AWS: a consumer sends invalid records to the dead-letter queue itself. By default an hour less than
    `retention_hours`, at most 168. Kafka without pollers repeats for ever."""

    owners: tuple[RoleArn, ...] = Field(default=(), examples=[["arn:aws:iam::444444444444:role/pim-export"]])
    """Roles that write the feed, of any account; those of the store's own account must exist and get a policy here.
    Roles of other accounts need not exist yet and may be made again. They need the same actions in a policy of their
    own, and reach a provisioned cluster through a managed VPC connection."""

    alarm_lag_minutes: int = Field(default=15, ge=1)
    """Age of the oldest unread record that raises an alarm, with Kinesis."""

    alarm_lag_records: int = Field(default=10_000, ge=1)
    """Unread records that raise an alarm, with Kafka, which has no metric of their age."""

    @property
    def max_age_seconds(self) -> int:
        """Age at which Lambda gives a record up."""
        return 3600 * (self.max_age_hours or min(self.retention_hours - 1, 168))

    @section_rule
    def _consistent(self) -> Iterator[Refusal]:
        if self.max_age_hours is not None and self.max_age_hours > self.retention_hours:
            yield refuse(
                f"must be at most `retention_hours`, {self.retention_hours}: older records are deleted",
                at=("max_age_hours",),
                write=self.retention_hours,
            )
        for position, owner in enumerate(self.owners):
            if owner in self.owners[:position]:
                yield refuse(
                    "must name each role once; this is the second time",
                    at=("owners", position),
                    edits={("owners",): list(dict.fromkeys(self.owners))},
                )


_STREAMS: dict[str, Stream] = {
    "catalogue": Stream(partitions=6),
    "inventory": Stream(partitions=6, retention_hours=72, alarm_lag_minutes=5),
    "order-status": Stream(),
}


class FeedsSettings(Section):
    engine: Annotated[MskProvisioned | MskServerless | Kinesis, Field(discriminator="kind")] = MskProvisioned(
        kind="msk-provisioned"
    )
    """Engine of all feeds. Another kind makes new streams; unread records of the old ones are lost."""

    streams: dict[FeedName, Stream] = Field(default=_STREAMS)
    """The feeds, by name; `catalogue`, `inventory` and `order-status` are among them."""

    dead_letter_days: int = Field(default=14, ge=1, le=14)
    """Days that failed records are kept in the dead-letter queue."""

    def stream_writers(self, account_id: str) -> dict[str, tuple[str, ...]]:
        """Feeds in data streams that roles of accounts other than `account_id` write, with these roles."""
        return foreign_owners(self.streams, account_id) if isinstance(self.engine, Kinesis) else {}

    @section_rule
    def _has_every_feed(self) -> Iterator[Refusal]:
        missing = [name for name in FEEDS if name not in self.streams]
        if missing:
            yield refuse(
                f"must have the feeds {', '.join(missing)}, too: they fill the store's tables",
                at=("streams",),
                edits={("streams", name): {"partitions": 1} for name in missing},
            )


def foreign_owners(streams: Mapping[str, Stream], account_id: str) -> dict[str, tuple[str, ...]]:
    """Feeds that are written by roles of accounts other than `account_id`, with these roles."""
    found = {
        name: tuple(owner for owner in stream.owners if owner.split(":")[4] != account_id)
        for name, stream in streams.items()
    }
    return {name: owners for name, owners in found.items() if owners}
