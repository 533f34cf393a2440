"""Changes whose values decide whether they replace a resource: the provider's CustomizeDiff functions."""

from collections.abc import Callable, Mapping
from typing import Any

from offline.aws.cloud_control import replaces
from offline.aws.versions import is_older
from offline.checks.block import Block

_Decision = Callable[[Block, Block, str], bool]


def replaces_by_value(kind: str, key: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool | None:
    """Whether the change of an input replaces the resource; None where the values do not matter."""
    decide = _DECISIONS.get((kind, key))
    return decide(Block(olds), Block(news), key) if decide else None


def _downgrade(old: Block, new: Block, key: str) -> bool:
    before, after = old.text(key), new.text(key)
    return bool(before and after and is_older(after, than=before))


def _other_engine(old: Block, new: Block, key: str) -> bool:
    """Redis OSS becomes Valkey in place, nothing else."""
    return (old.text(key) or "redis", new.text(key)) != ("redis", "valkey")


def _cooler(old: Block, new: Block, key: str) -> bool:
    """DynamoDB does not take warm throughput back."""
    before, after = old.block(key) or Block({}), new.block(key) or Block({})
    units = ("readUnitsPerSecond", "writeUnitsPerSecond")
    return any(0 < (after.number(unit) or 0) < (before.number(unit) or 0) for unit in units)


def _other_capacity(old: Block, new: Block, key: str) -> bool:
    """In place with a forced deployment, if the service has a strategy before and after."""
    return not new.flag("forceNewDeployment") or old.missing(key) or new.missing(key)


def _lower_tier(old: Block, new: Block, key: str) -> bool:
    return (old.text(key), new.text(key)) == ("Advanced", "Standard")


# The CustomizeDiff function of each type, below https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service
_DECISIONS: Mapping[tuple[str, str], _Decision] = {
    ("cloudcontrol/resource", "desiredState"): replaces,
    ("dynamodb/table", "warmThroughput"): _cooler,  # dynamodb/table.go
    ("ecs/service", "capacityProviderStrategies"): _other_capacity,  # ecs/service.go
    ("elasticache/cluster", "engineVersion"): _downgrade,  # elasticache/engine_version.go
    ("elasticache/replicationGroup", "engine"): _other_engine,
    ("elasticache/replicationGroup", "engineVersion"): _downgrade,
    ("msk/cluster", "kafkaVersion"): _downgrade,  # kafka/cluster.go
    ("opensearch/domain", "engineVersion"): _downgrade,  # opensearch/domain.go asks AWS for compatible versions
    ("ssm/parameter", "tier"): _lower_tier,  # ssm/parameter.go
}
