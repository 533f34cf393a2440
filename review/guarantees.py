"""What a stack guarantees, as far as its resources say it: recovery, keys, walls, zones, logs."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from review.snapshot import Made, Snapshot

_FOR_EVER: Final = 36_500
"""Days of logs without a limit."""
_ALARM: Final = "alarm"
_MANY: Final = 3


@dataclass(frozen=True)
class Guarantee:
    kind: str
    """Such as `point-in-time recovery`."""
    subject: str
    """Name of the resource, or of what it is about."""
    rank: float
    """More is stronger."""
    shown: str
    """The value in words."""
    of: tuple[str, str] | None = None
    """The resource that has it; None where it is of the whole stack, or of a part."""


@dataclass(frozen=True)
class Shift:
    """A guarantee that is stronger or weaker than before; `none` on the side where there is none."""

    kind: str
    subject: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject}: {self.before} → {self.after}"


def told(shifts: Sequence[Shift]) -> list[str]:
    """One line each, or one for many that went the same way."""
    alike: dict[tuple[str, str, str], list[Shift]] = {}
    for shift in shifts:
        alike.setdefault((shift.kind, shift.before, shift.after), []).append(shift)
    return [line for (kind, before, after), group in alike.items() for line in _lines(kind, before, after, group)]


def _lines(kind: str, before: str, after: str, group: Sequence[Shift]) -> list[str]:
    if len(group) < _MANY:
        return [str(shift) for shift in group]
    return [f"{kind}, {before} → {after}: {', '.join(shift.subject for shift in group)}"]


def guarantees(snapshot: Snapshot) -> dict[tuple[str, str], Guarantee]:
    """By kind and subject."""
    found = [one for find in _KINDS for one in find(snapshot)]
    return {(one.kind, one.subject): one for one in found}


def shifts(base: Snapshot, head: Snapshot) -> tuple[list[Shift], list[Shift]]:
    """Guarantees that are lost or weaker, and those that are gained or stronger, of what both trees have.

    What is deleted loses all of them, which its deletion says; but an alarm is one itself.
    """
    before, after = guarantees(base), guarantees(head)
    lost, gained = list[Shift](), list[Shift]()
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        ranks = (old.rank if old else 0.0, new.rank if new else 0.0)
        if ranks[0] != ranks[1] and _is_told_here(old or new, base, head):
            shift = Shift(*key, old.shown if old else "none", new.shown if new else "none")
            (gained if ranks[1] > ranks[0] else lost).append(shift)
    return lost, gained


def _is_told_here(found: Guarantee | None, base: Snapshot, head: Snapshot) -> bool:
    of = found.of if found else None
    return of is None or found is None or found.kind == _ALARM or (of in base.by_key and of in head.by_key)


def _yes(kind: str, made: Made, *, holds: object) -> Iterator[Guarantee]:
    if holds:
        yield Guarantee(kind, f"`{made.name}`", 1, "on", made.key)


def _days(kind: str, made: Made, days: Any) -> Iterator[Guarantee]:
    if isinstance(days, int | float) and days:
        yield Guarantee(kind, f"`{made.name}`", float(days), f"{days:g} days", made.key)


def _tables(snapshot: Snapshot) -> Iterator[Guarantee]:
    for table in snapshot.of("dynamodb/table:Table"):
        recovery = table.inputs.get("pointInTimeRecovery") or {}
        if recovery.get("enabled"):
            yield from _days("point-in-time recovery", table, recovery.get("recoveryPeriodInDays") or 35)
        yield from _yes("deletion protection", table, holds=table.inputs.get("deletionProtectionEnabled"))
        key = (table.inputs.get("serverSideEncryption") or {}).get("kmsKeyArn")
        yield from _yes("customer managed key", table, holds=key)


def _protected(snapshot: Snapshot) -> Iterator[Guarantee]:
    for made in snapshot.resources:
        yield from _yes("protection by Pulumi", made, holds=made.protect)


def _keys(snapshot: Snapshot) -> Iterator[Guarantee]:
    for key in snapshot.of("kms/key:Key"):
        if not key.inputs.get("enableKeyRotation"):
            continue
        days = float(key.inputs.get("rotationPeriodInDays") or 365)
        # The shorter period is the stronger one.
        yield Guarantee("key rotation", f"`{key.name}`", 1 / days, f"every {days:g} days", key.key)


def _logs(snapshot: Snapshot) -> Iterator[Guarantee]:
    for group in snapshot.of("cloudwatch/logGroup:LogGroup"):
        days = group.inputs.get("retentionInDays") or _FOR_EVER
        shown = "for ever" if days == _FOR_EVER else f"{days:g} days"
        yield Guarantee("retention of logs", f"`{group.name}`", float(days), shown, group.key)


def _walls(snapshot: Snapshot) -> Iterator[Guarantee]:
    """Rules of web ACLs: one that blocks is stronger than one that counts."""
    for acl in snapshot.of("wafv2/webAcl:WebAcl"):
        for rule in _rules(acl.inputs):
            action = rule.get("action") or rule.get("overrideAction") or {}
            verb = next((name for name, value in action.items() if value is not None), "none")
            blocks = verb in ("block", "none", "captcha", "challenge")
            shown = "blocks" if blocks else {"count": "counts only", "allow": "allows"}.get(verb, verb)
            subject = f"rule {rule.get('name')} of web ACL `{acl.name}`"
            yield Guarantee("firewall", subject, 2.0 if blocks else 1.0, shown, acl.key)


def _rules(inputs: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    given = inputs.get("rules")
    if given is None and isinstance(inputs.get("ruleJson"), str):
        given = json.loads(inputs["ruleJson"])
    return [{_lower(key): value for key, value in rule.items()} for rule in given or []]


def _lower(key: str) -> str:
    return key[:1].lower() + key[1:]


def _zones(snapshot: Snapshot) -> Iterator[Guarantee]:
    subnets = snapshot.of("ec2/subnet:Subnet")
    zones = {str(made.inputs.get("availabilityZone")) for made in subnets if made.inputs.get("availabilityZone")}
    if zones:
        yield Guarantee("Availability Zones", "the network", len(zones), f"{len(zones)}")
    gateways = len(snapshot.of("ec2/natGateway:NatGateway"))
    if gateways:
        each = gateways >= len(zones) > 0
        shown = f"{gateways}, one in each zone" if each else f"{gateways} for {len(zones)} zones"
        yield Guarantee("NAT gateways", "the network", gateways, shown)


def _caches(snapshot: Snapshot) -> Iterator[Guarantee]:
    for cache in snapshot.of("elasticache/replicationGroup:ReplicationGroup"):
        yield from _yes("failover to another zone", cache, holds=cache.inputs.get("multiAzEnabled"))


def _backups(snapshot: Snapshot) -> Iterator[Guarantee]:
    for plan in snapshot.of("backup/plan:Plan"):
        for rule in plan.inputs.get("rules") or []:
            days = (rule.get("lifecycle") or {}).get("deleteAfter")
            if days:
                yield Guarantee("backups kept", f"rule {rule.get('ruleName')}", float(days), f"{days:g} days")
    for lock in snapshot.of("backup/vaultLockConfiguration:VaultLockConfiguration"):
        yield from _yes("lock of backups", lock, holds=True)


def _alarms(snapshot: Snapshot) -> Iterator[Guarantee]:
    for alarm in snapshot.of("cloudwatch/metricAlarm:MetricAlarm"):
        yield from _yes(_ALARM, alarm, holds=alarm.inputs.get("actionsEnabled") is not False)


def _private_buckets(snapshot: Snapshot) -> Iterator[Guarantee]:
    for block in snapshot.of("s3/bucketPublicAccessBlock:BucketPublicAccessBlock"):
        closed = all(
            block.inputs.get(name) for name in ("blockPublicAcls", "blockPublicPolicy", "restrictPublicBuckets")
        )
        yield from _yes("closed to the public", block, holds=closed)


def _tls(snapshot: Snapshot) -> Iterator[Guarantee]:
    for listener in snapshot.of("lb/listener:Listener"):
        policy = listener.inputs.get("sslPolicy")
        if policy:
            # TLS 1.3 policies are named ELBSecurityPolicy-TLS13-1-3-... or -1-2-...
            yield Guarantee(
                "TLS", f"`{listener.name}`", 2.0 if "TLS13-1-3" in policy else 1.0, str(policy), listener.key
            )


_KINDS: Final[Sequence[Callable[[Snapshot], Iterator[Guarantee]]]] = (
    *(_tables, _protected, _keys, _logs, _walls, _zones, _caches, _backups, _alarms, _private_buckets, _tls),
)
