"""Settings of one Valkey cache."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Section, section_rule
from settings.form import form
from settings.node_types import CacheNodeType
from settings.problems import Refusal, refuse
from settings.types import LogRetentionDays

DayTime = r"([01]\d|2[0-3]):[0-5]\d"
_DAY = "(mon|tue|wed|thu|fri|sat|sun)"
WeeklyWindow = Annotated[
    str,
    form(
        rf"^{_DAY}:{DayTime}-{_DAY}:{DayTime}$",
        "a weekly window, such as sun:03:30-sun:04:30, in small letters",
        "sun:03:30-sun:04:30",
    ),
]


class CacheSettings(Section):
    engine: Literal["valkey", "valkey_serverless"] = "valkey"
    """`valkey` runs on nodes of a chosen size, `valkey_serverless` grows by itself up to its limits."""

    version: Literal["8.0", "8.1", "8.2", "9.0"] = "8.2"
    """Serverless caches use the major version only (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/engine-versions.html)."""

    node_type: CacheNodeType = "cache.m7g.large"
    """Instance type of each node
    (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html)."""

    shards: int = Field(default=1, ge=1, le=90)
    """Parts that the keys are spread over; the quota is 90 nodes a cluster."""

    replicas_per_shard: int = Field(default=2, ge=0, le=5)
    """Copies of each shard in other zones; one of them takes over when the primary fails."""

    snapshot_days: int = Field(default=7, ge=0, le=35)
    """Days that daily snapshots are kept; 0 makes none."""

    snapshot_window: Annotated[
        str, form(rf"^{DayTime}-{DayTime}$", "a daily window, such as 02:00-03:00", "02:00-03:00")
    ] = "02:00-03:00"
    """UTC; serverless caches use the start of the window."""

    maintenance_window: WeeklyWindow = "sun:03:30-sun:04:30"
    """UTC, at least 60 minutes, outside the snapshot window. AWS carries out a change of `node_type` or `version` then,
    up to a week after an update has reported it as done."""

    apply_immediately: bool = False
    """Carry such changes out at once: for some minutes clients lose their connections, and connect anew
    (https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html)."""

    parameters: dict[str, str] = Field(default={"maxmemory-policy": "allkeys-lru"})
    """Engine parameters; by default the least recently used keys make room for new ones."""

    max_data_gb: int = Field(default=10, ge=1, le=5000)
    """Serverless: most data."""

    max_ecpu_per_second: int = Field(default=10_000, ge=1000, le=15_000_000)
    """Serverless: most processing units a second."""

    log_days: LogRetentionDays = 365
    """Days that the slow log and the engine's log are kept."""

    @section_rule
    def _fits(self) -> Iterator[Refusal]:
        nodes = self.shards * (1 + self.replicas_per_shard)
        if nodes > 90:
            yield refuse(
                f"must have at most 90 nodes, not the {nodes} of shards {self.shards} with replicas_per_shard"
                f" {self.replicas_per_shard}",
                fix="or fewer `replicas_per_shard`",
                edits={("shards",): 90 // (1 + self.replicas_per_shard)},
            )
        if "cluster-enabled" in self.parameters:
            yield refuse(
                "must not be given: it is always `yes`, so that one shard can grow in place",
                fix="remove it",
                at=("parameters", "cluster-enabled"),
            )
