"""Changes that AWS refuses, or that go by way of a step between, judged on what is deployed.

Pulumi finds out in the middle of an update, when other resources have changed already; here they are told before
anything is.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Values = Mapping[str, Any]
"""Inputs of the program or outputs of the state, under the provider's names; values that are not known are left out."""


@dataclass(frozen=True)
class Step:
    """What AWS demands of a change of one property.

    `judge` gets the old and the new value, and returns what is wrong and the way to go, or nothing.
    """

    type: str
    property: str
    judge: Callable[[Any, Any], str | None]
    source: str


def _shards(old: int, new: int) -> str | None:
    least, most = -(-int(old) // 2), int(old) * 2
    if least <= new <= most:
        return None
    between = most if new > old else least
    return (
        f"{int(old)} shards cannot become {new:g}: AWS takes double or half in one update. Set `partitions` to "
        f"{between} first, run `pulumi up`, and go on from there"
    )


def _not_less(what: str) -> Callable[[float, float], str | None]:
    def judge(old: float, new: float) -> str | None:
        return f"{old:g} {what} cannot become {new:g}: AWS lets the number grow only" if new < old else None

    return judge


def _not_older(old: str, new: str) -> str | None:
    def version(text: str) -> list[int]:
        return [int(part) for part in text.split(".") if part.isdigit()]

    if version(new) < version(old):
        return f"version {old} cannot become {new}: AWS has no way back to an older version"
    return None


def _schema(old: list[Values], new: list[Values]) -> str | None:
    wanted = {item["name"]: item for item in new}
    given = {item["name"]: item for item in old}
    for name, item in given.items():
        if name not in wanted:
            return f"attribute {name} cannot be removed: Cognito keeps an attribute as long as its user pool lives"
        changed = sorted(key for key in wanted[name] if not _same(item.get(key), wanted[name][key]))
        if changed:
            return (
                f"attribute {name} cannot change ({', '.join(changed)}): Cognito keeps an attribute as it was made. "
                "Leave it, and add one of another name"
            )
    required = sorted(name for name, item in wanted.items() if name not in given and item.get("required"))
    if required:
        return f"attribute {required[0]} cannot be required: Cognito takes required attributes of a new user pool only"
    return None


def _same(old: Any, new: Any) -> bool:
    """Whether two values are equal, where the state writes numbers as texts and fills in what was left out."""
    if isinstance(new, Mapping):
        return isinstance(old, Mapping) and all(_same(old.get(key), value) for key, value in new.items())
    return new is None or str(old) == str(new)


def _time_to_live(old: Values, new: Values) -> str | None:
    before, after = old.get("attributeName"), new.get("attributeName")
    if old.get("enabled") and new.get("enabled") and before != after:
        return (
            f"the expiry attribute {before} cannot become {after} in one update: DynamoDB must switch expiry off "
            "first, and takes up to an hour for it. Leave the attribute out, run `pulumi up`, and name the new one an "
            "hour later"
        )
    return None


STEPS: Final = (
    Step(
        "aws:kinesis/stream:Stream",
        "shardCount",
        _shards,
        "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html",
    ),
    Step(
        "aws:cognito/userPool:UserPool",
        "schemas",
        _schema,
        "https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html",
    ),
    Step(
        "aws:dynamodb/table:Table",
        "ttl",
        _time_to_live,
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html",
    ),
    Step(
        "aws:msk/cluster:Cluster",
        "kafkaVersion",
        _not_older,
        "https://docs.aws.amazon.com/msk/latest/developerguide/version-upgrades.html",
    ),
    Step(
        "aws:msk/topic:Topic",
        "partitionCount",
        _not_less("partitions"),
        "https://kafka.apache.org/documentation/#basic_ops_modify_topic",
    ),
    Step(
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "engineVersion",
        _not_older,
        "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.html",
    ),
)


def refused(type_: str, old: Values, new: Values) -> Iterator[str]:
    """What AWS does not do of a change, in words."""
    for step in STEPS:
        if step.type == type_ and step.property in old and step.property in new:
            said = step.judge(old[step.property], new[step.property])
            if said:
                yield f"{said} ({step.source})"
